using FluentAssertions;
using Inception.Training;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

/// <summary>A run of the reference's gradients in two halves: weights and state pass through a checkpoint's form into new objects.</summary>
internal static class Resumption
{
    public static float[] Run(OptimizerOptions options, int interruptedAfter)
    {
        using var scope = NewDisposeScope();
        List<SafeTensor> saved;
        using (var network = Reference.Network())
        using (var flat = new FlatParameters(network, options.Groups))
        using (var optimizer = options.Create(flat))
        {
            Steps(network, optimizer, 0, interruptedAfter);
            saved = [flat.Values.ToSafeTensor("weights"), .. optimizer.State.Select(entry => entry.Tensor.ToSafeTensor(entry.Key))];
        }

        using var resumed = Reference.Network();
        using var values = new FlatParameters(resumed, options.Groups);
        using var other = options.Create(values);
        saved[0].CopyTo(values.Values);
        foreach (var (entry, (key, tensor)) in saved.Skip(1).Zip(other.State))
        {
            entry.Name.Should().Be(key).And.StartWith("optimizer.");
            entry.MismatchWith(tensor).Should().BeNull();
            entry.CopyTo(tensor);
        }

        Steps(resumed, other, interruptedAfter, Reference.Steps);
        return Reference.Values(resumed);
    }

    private static void Steps(nn.Module network, FlatOptimizer optimizer, int from, int to)
    {
        for (var t = from; t < to; t++)
        {
            Reference.SetGradients(network, t);
            optimizer.Step(Reference.Rate(t));
        }
    }
}
