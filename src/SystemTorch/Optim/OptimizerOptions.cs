namespace TorchSharp.Modules;

/// <summary>Settings of a group of parameters.</summary>
public class OptimizerOptions
{
    /// <summary>The rate of the next step; null for the optimizer's.</summary>
    public double? LearningRate { get; set; }

    /// <summary>The rate that the optimizer was made with.</summary>
    public double InitialLearningRate { get; set; }
}
