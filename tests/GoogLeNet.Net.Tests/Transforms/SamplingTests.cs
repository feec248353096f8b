using FluentAssertions;
using Inception.Data;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

/// <summary>Balanced epochs: every class equally often, every image of a class as often as every other, other views each time.</summary>
[Collection(TorchCollection.Name)]
public sealed class SamplingTests
{
    // 13 of class 0, 3 of class 1, 4 of class 3; class 2 has none.
    private static readonly long[] Labels = [0, 0, 1, 0, 0, 0, 3, 0, 0, 3, 0, 0, 1, 0, 0, 3, 0, 1, 3, 0];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void Every_class_comes_equally_often_and_every_image_of_it_too(int epoch)
    {
        using var data = Data();
        var loader = Loader(data, seed: 5);

        var drawn = Epoch(loader, epoch);

        drawn.Should().HaveCount(20);
        var perClass = drawn.CountBy(sample => Labels[sample]).ToDictionary();
        perClass.Keys.Should().BeEquivalentTo([0L, 1, 3]);
        perClass.Values.Should().OnlyContain(count => count == 6 || count == 7, "20 draws of three classes");
        foreach (var (label, count) in perClass)
        {
            var (size, times) = (Labels.Count(each => each == label), drawn.Where(sample => Labels[sample] == label).CountBy(sample => sample).ToDictionary());
            times.Values.Should().OnlyContain(n => n == count / size || n == (count / size) + 1, $"class {label} has {size} images for {count} draws");
            times.Should().HaveCount(Math.Min(size, count));
        }
    }

    [Fact]
    public void Over_many_epochs_every_class_and_every_image_of_a_large_class_has_its_share()
    {
        using var data = Data();
        var loader = Loader(data, seed: 5);

        var drawn = Enumerable.Range(0, 300).SelectMany(epoch => Epoch(loader, epoch)).ToList();

        // Binomial with n = 6,000 and p = 1/3: a deviation of 36.5. Each of 13 images in 300 epochs: 2,000 / 13 ± 12.
        drawn.CountBy(sample => Labels[sample]).Should().OnlyContain(entry => Math.Abs(entry.Value - 2000) < 60);
        drawn.Where(sample => Labels[sample] == 0).CountBy(sample => sample).Should().HaveCount(13).And.OnlyContain(entry => Math.Abs(entry.Value - 154) < 50);
    }

    [Fact]
    public void It_is_a_function_of_seed_and_epoch_whatever_was_drawn_before()
    {
        using var data = Data();
        var used = Loader(data, seed: 5);
        _ = Epoch(used, 3);

        Epoch(used, 1).Should().Equal(Epoch(Loader(data, seed: 5), 1));
        Epoch(used, 1).Should().NotEqual(Epoch(used, 2)).And.NotEqual(Epoch(Loader(data, seed: 6), 1));
        Epoch(used, 1).Should().NotBeInAscendingOrder();
    }

    [Fact]
    public void Two_draws_of_an_image_are_transformed_in_two_ways()
    {
        using var scope = NewDisposeScope();
        using var data = Data();
        var spy = new Spy();
        var loader = new BatchLoader(data, 20, [spy, new ScaleToUnit()], CPU, seed: 5, sampling: new BalancedSampling());

        var batch = loader.Load(0, 0);

        var draws = spy.Contexts.Single().Samples;
        draws.Should().OnlyHaveUniqueItems();
        draws.Select(draw => draw % 20).Should().Equal(loader.Samples(0, 0));
        draws.Max().Should().BeGreaterThanOrEqualTo(20, "images of small classes come again");
        spy.Contexts.Single().Uniform("x").Should().OnlyHaveUniqueItems();
        batch.Labels.Longs().Should().Equal(loader.Samples(0, 0).Select(sample => Labels[sample]));
        batch.Images.select(1, 0).select(1, 0).select(1, 0).mul(255).round().Floats().Should().Equal(loader.Samples(0, 0).Select(sample => (float)sample), "image n is filled with n");
    }

    [Fact]
    public void A_loader_without_shuffling_keeps_the_data_sets_order()
    {
        using var data = Data();

        Epoch(new BatchLoader(data, 6, [new ScaleToUnit()], CPU, shuffle: false, sampling: new BalancedSampling()), 0).Should().Equal(Enumerable.Range(0, 20).Select(i => (long)i));
    }

    [Fact]
    public void A_balanced_run_is_another_run_and_its_checkpoints_say_so()
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(12);
        History Run(BalancedSampling? sampling, string? from = null)
        {
            using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
            return new MultiHeadTrainer(model, new() { Epochs = 1, BatchSize = 4, CheckpointFolder = folder.Path, Sampling = sampling }).Fit(data, resumeFrom: from);
        }

        var plain = Run(null).Epochs[0].Train[0].Loss;
        var balanced = Run(new()).Epochs[0].Train[0].Loss;

        balanced.Should().NotBe(plain);
        FluentActions.Invoking(() => Run(null, folder.Last)).Should().Throw<ModelFileException>().WithMessage("*sampling*");
    }

    private static TensorDataset Data() =>
        new(arange(20, dtype: ScalarType.Byte).view(20, 1, 1, 1).expand(20, 3, 4, 4).contiguous(), tensor(Labels), ["a", "b", "c", "d"]);

    private static BatchLoader Loader(IImageDataset data, int seed) => new(data, 6, [new ScaleToUnit()], CPU, seed, sampling: new BalancedSampling());

    private static long[] Epoch(BatchLoader loader, int epoch) => [.. Enumerable.Range(0, loader.Steps).SelectMany(step => loader.Samples(epoch, step))];

    private sealed class Spy : IBatchTransform
    {
        public List<BatchContext> Contexts { get; } = [];

        public Tensor Apply(Tensor images, BatchContext context)
        {
            Contexts.Add(context);
            return images.clone();
        }
    }
}
