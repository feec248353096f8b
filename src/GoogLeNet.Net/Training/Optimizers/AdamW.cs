using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>AdamW on the flat buffers.</summary>
internal sealed class AdamW(FlatParameters parameters, AdamWOptions options) : FlatOptimizer(parameters)
{
    private readonly Tensor mean = zeros_like(parameters.Values).DetachFromDisposeScope();
    private readonly Tensor square = zeros_like(parameters.Values).DetachFromDisposeScope();

    // On the host, where reading it waits for nothing.
    private readonly Tensor steps = zeros([1], dtype: int64).DetachFromDisposeScope();

    /// <inheritdoc/>
    public override IReadOnlyList<(string Key, Tensor Tensor)> State =>
        [(WeightsFormat.MeanKey, mean), (WeightsFormat.SquareKey, square), (WeightsFormat.StepsKey, steps)];

    /// <inheritdoc/>
    public override void Dispose()
    {
        mean.Dispose();
        square.Dispose();
        steps.Dispose();
    }

    /// <inheritdoc/>
    protected override void Move(double learningRate)
    {
#pragma warning disable RS0030 // The host's.
        var step = steps.add_(1).item<long>();
#pragma warning restore RS0030
        var meanCorrection = 1 - Math.Pow(options.Beta1, step);
        var squareCorrection = 1 - Math.Pow(options.Beta2, step);
        foreach (var group in Parameters.MovingGroups)
        {
            var (w, g, m, v) = (group.Of(Parameters.Values), group.Of(Parameters.Gradients), group.Of(mean), group.Of(square));
            var rate = learningRate * group.Rule.LearningRateFactor;
            if (options.WeightDecay * group.Rule.WeightDecayFactor is > 0 and var decay)
            {
                w.mul_(1 - (rate * decay));
            }

            m.mul_(options.Beta1).add_(g, 1 - options.Beta1);
            v.mul_(options.Beta2).addcmul_(g, g, 1 - options.Beta2);

            // The gradient is used up; its memory takes the denominator.
            g.copy_(v).sqrt_().div_(Math.Sqrt(squareCorrection)).add_(options.Epsilon);
            w.addcdiv_(m, g, -rate / meanCorrection);
        }
    }
}
