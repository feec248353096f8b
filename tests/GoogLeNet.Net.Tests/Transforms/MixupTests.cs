using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class MixupTests
{
    private static readonly IBatchTransform[] Transforms = [new HorizontalFlip(), new ScaleToUnit()];

    [Fact]
    public void A_batch_is_blended_like_a_loop_says()
    {
        using var scope = NewDisposeScope();
        using var data = Data(37);
        var plain = new BatchLoader(data, 10, Transforms, CPU, seed: 5).Load(2, 1);

        var mixed = new BatchLoader(data, 10, Transforms, CPU, seed: 5, mixup: new Mixup(0.4)).Load(2, 1);

        var images = plain.Images.Values().Chunk(3 * 4 * 5).ToArray();
        var blended = mixed.Images.Values().Chunk(3 * 4 * 5).ToArray();
        var (labels, partners, shares) = (plain.Labels.Longs(), mixed.MixedLabels!.Longs(), mixed.Lambda!.Floats());
        mixed.Labels.Longs().Should().Equal(labels);
        mixed.Images.stride().Should().Equal(plain.Images.stride());
        var places = Mixup.Partners(new BatchContext(5, 2, new BatchLoader(data, 10, Transforms, CPU, seed: 5).Samples(2, 1)));
        for (var i = 0; i < 10; i++)
        {
            places[i].Should().NotBe(i).And.BeInRange(0, 9);
            partners[i].Should().Be(labels[places[i]]);
            var expected = images[i].Zip(images[places[i]], (own, other) => (shares[i] * (double)own) + ((1 - shares[i]) * (double)other));
            Arrays.RelativeError(blended[i], [.. expected]).Should().BeLessThan(1e-6);
        }
    }

    [Fact]
    public void Without_mixup_a_batch_has_neither_partners_nor_shares()
    {
        using var scope = NewDisposeScope();
        using var data = Data(4);

        var batch = new BatchLoader(data, 4, Transforms, CPU).Load(0, 0);

        batch.MixedLabels.Should().BeNull();
        batch.Lambda.Should().BeNull();
    }

    [Fact]
    public void A_sample_has_the_same_share_in_any_batch()
    {
        var mixup = new Mixup(0.3);
        var all = mixup.Lambdas(Images.Context(50, seed: 9, epoch: 4));

        mixup.Lambdas(new BatchContext(9, 4, [31, 7, 12])).Should().Equal(all[31], all[7], all[12]);
        mixup.Lambdas(Images.Context(50, seed: 9, epoch: 5)).Should().NotEqual(all);
        mixup.Lambdas(Images.Context(50, seed: 8, epoch: 4)).Should().NotEqual(all);
    }

    [Fact]
    public void Every_other_image_is_equally_likely_as_a_partner()
    {
        var counts = new int[5];
        for (var epoch = 0; epoch < 4000; epoch++)
        {
            counts[Mixup.Partners(new BatchContext(1, epoch, [40, 41, 42, 43, 44]))[2]]++;
        }

        counts[2].Should().Be(0);
        counts.Where((_, i) => i != 2).Sum(count => Math.Pow(count - 1000, 2) / 1000).Should().BeLessThan(16.3); // 3 degrees of freedom, p = 0.001
    }

    [Fact]
    public void An_image_alone_in_its_batch_stays_as_it_is()
    {
        using var scope = NewDisposeScope();
        using var data = Data(1);

        var batch = new BatchLoader(data, 8, [new ScaleToUnit()], CPU, mixup: new Mixup(1)).Load(0, 0);

        batch.MixedLabels!.Longs().Should().Equal(batch.Labels.Longs());
        Arrays.RelativeError(batch.Images.Values(), [.. data.Images.Values().Select(value => value / 255.0)]).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void A_blended_batch_is_four_tensors_and_leaves_nothing_else()
    {
        using var data = Data(6);
        var loader = new BatchLoader(data, 4, Transforms, CPU, mixup: new Mixup(0.2));
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        var batch = loader.Load(0, 0);

        (Tensor.TotalCount - before).Should().Be(4);
        batch.Dispose();
        (Tensor.TotalCount - before).Should().Be(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_alpha_that_makes_no_distribution_is_refused(double alpha) =>
        FluentActions.Invoking(() => new Mixup(alpha)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("alpha is *; it must be a finite number more than 0.*");

    private static TensorDataset Data(int count) =>
        new(Images.Batch(8, count, 3, 4, 5), tensor([.. Enumerable.Range(0, count).Select(i => (long)i)]), [.. Enumerable.Range(0, count).Select(i => $"{i}")]);
}
