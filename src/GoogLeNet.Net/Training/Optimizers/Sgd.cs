using static TorchSharp.torch;

namespace Inception.Training.Optimizers;

/// <summary>SGD with momentum on the flat buffers: a few calls for the whole network.</summary>
internal sealed class Sgd : IDisposable
{
    private readonly FlatParameters parameters;
    private readonly SgdOptions options;
    private readonly Tensor decayedValues;
    private readonly Tensor decayedGradients;

    public Sgd(FlatParameters parameters, SgdOptions options)
    {
        this.parameters = parameters;
        this.options = options;
        Velocity = zeros_like(parameters.Values).DetachFromDisposeScope();
        decayedValues = parameters.Values.narrow(0, 0, parameters.DecayedCount).DetachFromDisposeScope();
        decayedGradients = parameters.Gradients.narrow(0, 0, parameters.DecayedCount).DetachFromDisposeScope();
    }

    /// <summary>The velocity, float32 in the order of the flat parameters: the optimizer's whole state.</summary>
    public Tensor Velocity { get; }

    /// <summary>Moves the parameters by one step and sets the gradients to zero.</summary>
    public void Step(double learningRate)
    {
        using var frozen = no_grad();
        if (options.WeightDecay > 0)
        {
            decayedGradients.add_(decayedValues, options.WeightDecay);
        }

        if (options.Form == MomentumForm.PyTorch)
        {
            Velocity.mul_(options.Momentum).add_(parameters.Gradients);
            Move(Velocity, -learningRate, gradientScale: -learningRate);
        }
        else
        {
            Velocity.mul_(options.Momentum).add_(parameters.Gradients, -learningRate);
            Move(Velocity, 1, gradientScale: -learningRate);
        }

        parameters.Gradients.fill_(0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Velocity.Dispose();
        decayedValues.Dispose();
        decayedGradients.Dispose();
    }

    private void Move(Tensor velocity, double scale, double gradientScale)
    {
        if (options.Nesterov)
        {
            parameters.Values.add_(velocity, scale * options.Momentum).add_(parameters.Gradients, gradientScale);
        }
        else
        {
            parameters.Values.add_(velocity, scale);
        }
    }
}
