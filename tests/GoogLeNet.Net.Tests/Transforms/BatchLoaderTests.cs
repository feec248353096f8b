using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class BatchLoaderTests
{
    private static readonly string[] ClassNames = ["a", "b", "c"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_sample_comes_once_in_an_epoch_and_the_last_batch_is_what_is_left(bool shuffle)
    {
        using var data = Numbered(23);
        var loader = Loader(data, 5, shuffle: shuffle);

        loader.Steps.Should().Be(5);
        var batches = Enumerable.Range(0, 5).Select(step => loader.Samples(0, step)).ToList();
        batches.Select(batch => batch.Length).Should().Equal(5, 5, 5, 5, 3);
        batches.SelectMany(batch => batch).Order().Should().Equal(Enumerable.Range(0, 23).Select(i => (long)i));
    }

    [Theory]
    [InlineData(23, 23, 1)]
    [InlineData(23, 24, 1)]
    [InlineData(23, int.MaxValue, 1)]
    [InlineData(24, 5, 5)]
    [InlineData(25, 5, 5)]
    [InlineData(1, 1, 1)]
    public void Steps_are_the_batches_that_hold_all_images(int count, int batchSize, int steps)
    {
        using var data = Numbered(count);
        var loader = Loader(data, batchSize);

        loader.Steps.Should().Be(steps);
        loader.Samples(0, steps - 1).Should().NotBeEmpty();
    }

    [Fact]
    public void Each_epoch_has_an_order_of_its_own_and_the_seed_decides_it()
    {
        using var data = Numbered(50);
        long[] Order(int seed, int epoch) => Loader(data, 50, seed: seed).Samples(epoch, 0);

        Order(1, 0).Should().Equal(Order(1, 0));
        Order(1, 0).Should().NotEqual(Order(1, 1));
        Order(1, 0).Should().NotEqual(Order(2, 0));
        var plain = Loader(data, 50, shuffle: false);
        plain.Samples(3, 0).Should().Equal(Enumerable.Range(0, 50).Select(i => (long)i));
    }

    [Fact]
    public void A_batch_does_not_depend_on_what_was_loaded_before()
    {
        using var scope = NewDisposeScope();
        using var data = Numbered(23);
        IBatchTransform[] transforms = [new RandomCrop(1), new HorizontalFlip(), new ScaleToUnit()];
        var used = new BatchLoader(data, 5, transforms, CPU, seed: 4);
        foreach (var (epoch, step) in new[] { (0, 0), (0, 1), (7, 2), (1, 4) })
        {
            used.Load(epoch, step);
        }

        var (images, labels) = used.Load(3, 2);
        var (freshImages, freshLabels) = new BatchLoader(data, 5, transforms, CPU, seed: 4).Load(3, 2);

        images.Floats().Should().Equal(freshImages.Floats());
        labels.Longs().Should().Equal(freshLabels.Longs());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void A_step_that_there_is_not_is_refused(int step)
    {
        using var data = Numbered(23);
        var loader = Loader(data, 5);

        loader.Invoking(l => l.Load(0, step)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName(nameof(step));
        loader.Invoking(l => l.Samples(0, step)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName(nameof(step));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public void A_batch_size_below_1_is_refused(int size)
    {
        using var data = Numbered(3);

        FluentActions.Invoking(() => Loader(data, size)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage($"batchSize is {size}; it must be at least 1.*");
    }

    [Fact]
    public void Images_and_labels_are_those_of_the_samples_in_channels_last_memory()
    {
        using var scope = NewDisposeScope();
        using var data = Numbered(10);
        var loader = new BatchLoader(data, 4, [new ScaleToUnit()], CPU, seed: 2);

        var (images, labels) = loader.Load(1, 1);

        images.shape.Should().Equal(4, 2, 3, 4);
        images.stride().Should().Equal(24, 1, 8, 2); // H·W·C, 1, W·C, C
        images.dtype.Should().Be(ScalarType.Float32);
        labels.dtype.Should().Be(ScalarType.Int64);
        var samples = loader.Samples(1, 1);
        labels.Longs().Should().Equal(samples.Select(sample => sample % 3));
        images.Floats().Should().Equal(samples.SelectMany(sample => Enumerable.Range(0, 24).Select(i => (float)(byte)((sample * 20) + i) / 255)));
    }

    [Fact]
    public void Images_that_are_still_uint8_after_all_transforms_are_refused()
    {
        using var scope = NewDisposeScope();
        using var data = Numbered(4);
        var loader = new BatchLoader(data, 4, [new HorizontalFlip()], CPU);

        loader.Invoking(l => l.Load(0, 0)).Should().Throw<InvalidOperationException>()
            .WithMessage("After all transforms the images are Byte; end with one that gives float32, such as ScaleToUnit or Normalize.");
    }

    [Fact]
    public void Loading_leaves_nothing_behind_but_the_batch()
    {
        using var data = Numbered(10);
        var loader = new BatchLoader(data, 4, [new RandomCrop(1), new HorizontalFlip(), new Resize(5), new Normalize([1, 2], [3, 4])], CPU);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        var (images, labels) = loader.Load(0, 0);

        (Tensor.TotalCount - before).Should().Be(2);
        images.Dispose();
        labels.Dispose();
    }

    private static BatchLoader Loader(TensorDataset data, int batchSize, int seed = 0, bool shuffle = true) =>
        new(data, batchSize, [new ScaleToUnit()], CPU, seed, shuffle);

    /// <summary>Images 2×3×4 whose pixels count up from 20 times their index; labels are the index modulo 3.</summary>
    private static TensorDataset Numbered(int count) => new(
        tensor([.. Enumerable.Range(0, count).SelectMany(n => Enumerable.Range(0, 24).Select(i => (byte)((n * 20) + i)))], [count, 2, 3, 4]),
        tensor([.. Enumerable.Range(0, count).Select(n => n % 3L)]),
        ClassNames);
}
