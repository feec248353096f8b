namespace TorchSharp.Modules;

/// <summary>Parameters of one learning rate.</summary>
public class ParamGroup : torch.optim.ILearningRateController
{
    /// <summary>The parameters.</summary>
    public IEnumerable<Parameter> Parameters { get; set; } = null!;

    /// <summary>The rates; to be set before they are read.</summary>
    public OptimizerOptions? Options { get; set; }

    /// <inheritdoc/>
    public double LearningRate { get => Options!.LearningRate!.Value; set => Options!.LearningRate = value; }

    /// <inheritdoc/>
    public double InitialLearningRate { get => Options!.InitialLearningRate; set => Options!.InitialLearningRate = value; }
}
