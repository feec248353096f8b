using FluentAssertions;
using Inception.Tests.Training;
using Inception.Training;
using static TorchSharp.torch;

namespace Inception.Tests.Distributed;

/// <summary>Runs that one process or several make, and what comes out of them.</summary>
public abstract class SharedRun : InterruptedRun
{
    // 20 steps, of which every fifth has 2 images, fewer than there are processes in some tests.
    protected static new readonly TrainerOptions Options = InterruptedRun.Options with
    {
        Epochs = 4,
        // Low: a number near zero that rounding brings to ReLU's other side would show in every later step.
        Schedule = new Triangular(0.01),
    };

    protected static GoogLeNetSpec WithoutNorms { get; } = Tiny.Spec() with { Blocks = new() { Weights = WeightInitializer.HeUniform } };

    protected static GoogLeNetSpec WithNorms { get; } = Tiny.Spec();

    /// <summary>One process alone.</summary>
    private protected Trained Alone(GoogLeNetSpec spec, TrainerOptions options, string? resumeFrom = null) => Fit(spec, options, seed: 1, resumeFrom);

    /// <summary>Several processes, whose networks start from weights of their own.</summary>
    private protected IReadOnlyList<Trained> Together(int size, GoogLeNetSpec spec, TrainerOptions options, string? resumeFrom = null)
    {
        var (each, aborts) = ThreadCollective.Run(size, collective =>
            Fit(spec, options with { Collective = collective }, seed: collective.Rank + 1, collective.Rank == 0 ? resumeFrom : resumeFrom is null ? null : "a file of process 0"));
        aborts.Should().BeEmpty();
        each.Select(outcome => outcome.Error).Should().AllSatisfy(error => error.Should().BeNull());
        return [.. each.Select(outcome => outcome.Value!)];
    }

    /// <summary>The distance of two vectors by the length of the first.</summary>
    private protected static double Difference(double[] expected, double[] actual) =>
        Math.Sqrt(expected.Zip(actual, (a, b) => (a - b) * (a - b)).Sum() / expected.Sum(a => a * a));

    private protected static void AreOne(IReadOnlyList<Trained> each)
    {
        foreach (var other in each.Skip(1))
        {
            other.Weights.Should().Equal(each[0].Weights);
            other.Buffers.Should().Equal(each[0].Buffers);
            other.Losses.Should().Equal(each[0].Losses);
        }
    }

    private Trained Fit(GoogLeNetSpec spec, TrainerOptions options, int seed, string? resumeFrom)
    {
        set_num_threads(1);
        using var model = GoogLeNet.Create(3, spec, seed);
        var history = new MultiHeadTrainer(model, options).Fit(Train, Validation, resumeFrom);
        return Trained.Of(model, history);
    }

    /// <summary>What a run ends with.</summary>
    private protected sealed record Trained(double[] Weights, double[] Buffers, double[] Losses, double[] Accuracies, History History)
    {
        public static Trained Of(GoogLeNet model, History history)
        {
            var heads = history.Epochs.SelectMany(epoch => epoch.Train.Concat(epoch.Validation)).ToList();
            return new(
                [.. model.parameters().SelectMany(Values)], [.. model.named_buffers().Where(named => named.buffer.dtype == ScalarType.Float32).SelectMany(named => Values(named.buffer))],
                [.. heads.Select(head => head.Loss)], [.. heads.Select(head => head.Accuracy)], history);
        }

        private static double[] Values(Tensor tensor)
        {
            using var values = tensor.detach().to(ScalarType.Float64).contiguous();
            return values.data<double>().ToArray();
        }
    }
}
