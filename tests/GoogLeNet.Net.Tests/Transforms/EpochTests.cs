using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class EpochTests
{
    private static readonly IBatchTransform[] Transforms = [new RandomCrop(1), new HorizontalFlip(), new ScaleToUnit()];

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 3)]
    [InlineData(true, 5)]
    [InlineData(false, 0)]
    [InlineData(false, 4)]
    [InlineData(null, 2)]
    public void An_epoch_is_what_its_steps_load_prefetched_or_not(bool? prefetch, int firstStep)
    {
        using var scope = NewDisposeScope();
        using var data = Data();
        var loader = new BatchLoader(data, 5, Transforms, CPU, seed: 4, mixup: new Mixup(0.2));

        var batches = loader.Epoch(3, firstStep, prefetch).ToList();

        batches.Should().HaveCount(5 - firstStep);
        for (var i = 0; i < batches.Count; i++)
        {
            var expected = loader.Load(3, firstStep + i);
            batches[i].Images.Floats().Should().Equal(expected.Images.Floats());
            batches[i].Images.stride().Should().Equal(expected.Images.stride());
            batches[i].Labels.Longs().Should().Equal(expected.Labels.Longs());
            batches[i].MixedLabels!.Longs().Should().Equal(expected.MixedLabels!.Longs());
            batches[i].Lambda!.Floats().Should().Equal(expected.Lambda!.Floats());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_batch_belongs_to_the_scope_in_which_it_is_asked_for(bool prefetch)
    {
        using var data = Data();
        var loader = new BatchLoader(data, 5, Transforms, CPU);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        using (var scope = NewDisposeScope())
        {
            foreach (var batch in loader.Epoch(0, prefetch: prefetch))
            {
                scope.Contains(batch.Images).Should().BeTrue();
                scope.Contains(batch.Labels).Should().BeTrue();
                batch.Dispose();
            }

            scope.DisposablesCount.Should().Be(0);
        }

        Tensor.TotalCount.Should().Be(before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void Leaving_an_epoch_early_leaves_no_tensors_and_no_thread(int taken)
    {
        using var data = Data();
        var probe = new Probe();
        var loader = new BatchLoader(data, 5, [probe, .. Transforms], CPU);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        foreach (var batch in loader.Epoch(0, prefetch: true).Take(taken))
        {
            batch.Dispose();
        }

        Tensor.TotalCount.Should().Be(before);
        probe.Threads.Should().NotContain(Thread.CurrentThread);
        probe.Threads.Exists(thread => thread.IsAlive).Should().BeFalse();
        probe.Threads.Distinct().Count().Should().Be(taken == 0 ? 0 : 1);
    }

    [Fact]
    public void A_transforms_exception_comes_to_the_caller_at_its_step_with_its_own_type()
    {
        using var data = Data();
        var loader = new BatchLoader(data, 5, [new Probe { FailsAt = 2 }, new ScaleToUnit()], CPU);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;
        using var batches = loader.Epoch(0, prefetch: true).GetEnumerator();
        for (var step = 0; step < 2; step++)
        {
            batches.MoveNext().Should().BeTrue();
            batches.Current.Dispose();
        }

        batches.Invoking(b => b.MoveNext()).Should().Throw<NotSupportedException>().WithMessage("step 2");
        Tensor.TotalCount.Should().Be(before);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    public void A_first_step_that_there_is_not_is_refused_at_once(int firstStep)
    {
        using var data = Data();
        var loader = new BatchLoader(data, 5, Transforms, CPU);

        loader.Invoking(l => l.Epoch(0, firstStep)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName(nameof(firstStep));
    }

    private static TensorDataset Data() => new(Images.Batch(2, 23, 2, 4, 4), zeros(23, ScalarType.Int64), ["a"]);

    /// <summary>Notes who calls it, and fails at a step.</summary>
    private sealed record Probe : IBatchTransform
    {
        private int step;

        public List<Thread> Threads { get; } = [];

        public int FailsAt { get; init; } = -1;

        public Tensor Apply(Tensor images, BatchContext context)
        {
            Threads.Add(Thread.CurrentThread);
            return step++ == FailsAt ? throw new NotSupportedException($"step {step - 1}") : images.clone();
        }
    }
}
