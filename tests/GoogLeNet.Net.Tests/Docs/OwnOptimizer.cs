using Inception.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Tests.Docs;

// The optimizer of docs/training.md, which shows the types below word for word.
public sealed record RmsPropOptions : OptimizerOptions
{
    public double Decay { get; init; } = 0.9;

    public override FlatOptimizer Create(FlatParameters parameters) => new RmsProp(parameters, Decay);
}

internal sealed class RmsProp(FlatParameters parameters, double decay) : FlatOptimizer(parameters)
{
    private readonly Tensor squares = zeros_like(parameters.Values).DetachFromDisposeScope();

    public override IReadOnlyList<(string Key, Tensor Tensor)> State => [("optimizer.squares", squares)];

    public override void Dispose() => squares.Dispose();

    protected override void Update(double learningRate)
    {
        foreach (var group in Parameters.TrainableGroups)
        {
            using Scalar kept = decay, added = 1 - decay, smallest = 1e-16, step = -learningRate * group.Options.LearningRateFactor;
            var (weights, gradient, square) = (group.Slice(Parameters.Values), group.Slice(Parameters.Gradients), group.Slice(squares));
            square.mul_(kept).addcmul_(gradient, gradient, added);
            weights.addcdiv_(gradient, square.clamp_min(smallest).sqrt(), step);
        }
    }
}
