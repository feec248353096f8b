using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

[Collection(TorchCollection.Name)]
public sealed class DatasetSplitTests
{
    // Image i has every byte i; classes have 60, 30 and 10 members.
    private static TensorDataset Numbered()
    {
        byte[] pixels = [.. Enumerable.Range(0, 100).SelectMany(i => Enumerable.Repeat((byte)i, 3))];
        return new TensorDataset(tensor(pixels, [100, 3, 1, 1]), tensor([.. Enumerable.Range(0, 100).Select(Label)]), ["six", "three", "one"]);
    }

    private static long Label(int i) => (i * 7 % 10) switch { < 6 => 0L, < 9 => 1L, _ => 2L };

    private static int[] Ids(TensorDataset data) => [.. data.Images.bytes.ToArray().Chunk(3).Select(image => (int)image.Distinct().Single())];

    [Fact]
    public void Every_image_is_in_exactly_one_part_with_its_label_in_the_original_order()
    {
        using var data = Numbered();
        using var split = data.Split(20, seed: 3);

        Ids(split.Train).Concat(Ids(split.Validation)).Should().BeEquivalentTo(Enumerable.Range(0, 100)).And.OnlyHaveUniqueItems();
        foreach (var part in new[] { split.Train, split.Validation })
        {
            Ids(part).Should().BeInAscendingOrder();
            part.Labels.data<long>().ToArray().Should().Equal(Ids(part).Select(Label));
            part.ClassNames.Should().Equal(data.ClassNames);
        }
    }

    [Theory]
    [InlineData(20, 12, 6, 2, "a fifth of each")]
    [InlineData(10, 6, 3, 1, "a tenth of each")]
    [InlineData(1, 1, 0, 0, "the largest rest is the first class's")]
    [InlineData(5, 3, 2, 0, "3, 1.5 and 0.5: equal rests go to the lower number")]
    [InlineData(99, 59, 30, 10, "59.4, 29.7 and 9.9")]
    public void Every_class_gives_the_same_share(int count, int six, int three, int one, string reason)
    {
        using var data = Numbered();
        using var split = data.Split(count, seed: 3);
        var labels = split.Validation.Labels.data<long>().ToArray();
        new[] { labels.Count(l => l == 0), labels.Count(l => l == 1), labels.Count(l => l == 2) }.Should().Equal([six, three, one], reason);
    }

    [Fact]
    public void A_share_is_that_many_images() => WithSplits(data => (data.Split(0.2, seed: 9), data.Split(20, seed: 9)), same: true);

    [Fact]
    public void The_same_seed_splits_the_same_way() => WithSplits(data => (data.Split(20, seed: 9), data.Split(20, seed: 9)), same: true);

    [Fact]
    public void Another_seed_splits_otherwise() => WithSplits(data => (data.Split(20, seed: 9), data.Split(20, seed: 10)), same: false);

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(-1)]
    public void A_part_without_images_is_refused(int count)
    {
        using var data = Numbered();
        FluentActions.Invoking(() => data.Split(count, seed: 1)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("The data set has 100 images; split off 1 to 99.*");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_share_out_of_range_is_refused(double share)
    {
        using var data = Numbered();
        FluentActions.Invoking(() => data.Split(share, seed: 1)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*more than 0 and less than 1.*");
    }

    private static void WithSplits(Func<TensorDataset, (DatasetSplit<TensorDataset>, DatasetSplit<TensorDataset>)> make, bool same)
    {
        using var data = Numbered();
        var (first, second) = make(data);
        using (first)
        using (second)
        {
            Ids(first.Validation).SequenceEqual(Ids(second.Validation)).Should().Be(same);
            Ids(first.Train).SequenceEqual(Ids(second.Train)).Should().Be(same);
        }
    }
}
