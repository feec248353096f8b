using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

public sealed class TensorDatasetTests
{
    private static readonly string[] Names = ["zero", "one", "two"];

    // Image i has every byte i; its label is i mod 3.
    private static TensorDataset Numbered(int count)
    {
        var pixels = Enumerable.Range(0, count).SelectMany(i => Enumerable.Repeat((byte)i, 12)).ToArray();
        long[] labels = [.. Enumerable.Range(0, count).Select(i => (long)(i % 3))];
        return new TensorDataset(tensor(pixels, [count, 3, 2, 2]), tensor(labels), Names);
    }

    private static byte[] Ids(TensorDataset data) => [.. data.Images.bytes.ToArray().Chunk(12).Select(image => image.Distinct().Single())];

    [Fact]
    public void Holds_what_it_is_given()
    {
        using var data = Numbered(5);
        data.Count.Should().Be(5);
        data.ClassNames.Should().Equal(Names);
        data.Images.shape.Should().Equal(5, 3, 2, 2);
        Ids(data).Should().Equal(0, 1, 2, 3, 4);
    }

    [Fact]
    public void Outlives_the_scope_it_was_made_in()
    {
        TensorDataset data;
        TensorDataset part;
        using (NewDisposeScope())
        {
            data = Numbered(9);
            part = data.TakeStratified(3, seed: 1);
        }
        Ids(data).Should().HaveCount(9);
        Ids(part).Should().HaveCount(3);
        data.Dispose();
        part.Dispose();
        data.Images.IsInvalid.Should().BeTrue();
        part.Labels.IsInvalid.Should().BeTrue();
    }

    [Fact]
    public void Take_pairs_images_with_their_labels_in_the_original_order()
    {
        using var data = Numbered(60);
        using var part = data.TakeStratified(30, seed: 7);
        var ids = Ids(part);
        ids.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems().And.HaveCount(30);
        part.Labels.data<long>().ToArray().Should().Equal(ids.Select(i => (long)(i % 3)));
        ids.GroupBy(i => i % 3).Should().OnlyContain(g => g.Count() == 10);
    }

    [Fact]
    public void Take_of_as_many_as_there_are_takes_all()
    {
        using var data = Numbered(9);
        using var all = data.TakeStratified(9, seed: 1);
        Ids(all).Should().Equal(0, 1, 2, 3, 4, 5, 6, 7, 8);
    }

    [Fact]
    public void Take_takes_others_with_another_seed_and_the_same_with_the_same()
    {
        using var data = Numbered(60);
        byte[] Taken(int seed)
        {
            using var part = data.TakeStratified(15, seed);
            return Ids(part);
        }

        Enumerable.Range(1, 6).Select(seed => string.Join(' ', Taken(seed))).Should().OnlyHaveUniqueItems();
        Taken(3).Should().Equal(Taken(3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void Take_refuses_more_than_there_is_and_none(int n)
    {
        using var data = Numbered(9);
        var take = () => data.TakeStratified(n, seed: 1);
        take.Should().Throw<ArgumentOutOfRangeException>().WithMessage("The data set has 9 images; take 1 to 9.*");
    }

    [Fact]
    public void To_leaves_the_original_usable()
    {
        using var data = Numbered(4);
        data.To(CPU).Dispose();
        Ids(data).Should().Equal(0, 1, 2, 3);
    }

    public static TheoryData<string, Func<Tensor>, Func<Tensor>> Wrong() => new()
    {
        { "Images must be uint8 (N, C, H, W) and not empty; they are Float32 (2, 3, 2, 2).", () => zeros(2, 3, 2, 2), () => tensor(new long[] { 0, 1 }) },
        { "Images must be uint8 (N, C, H, W) and not empty; they are Byte (2, 12).", () => Bytes(2, 12), () => tensor(new long[] { 0, 1 }) },
        { "Images must be uint8 (N, C, H, W) and not empty; they are Byte (0, 3, 2, 2).", () => Bytes(0, 3, 2, 2), () => tensor(Array.Empty<long>()) },
        { "Labels must be int64 (2), one for each image; they are Byte (2).", () => Bytes(2, 3, 2, 2), () => Bytes(2) },
        { "Labels must be int64 (2), one for each image; they are Int64 (3).", () => Bytes(2, 3, 2, 2), () => tensor(new long[] { 0, 1, 2 }) },
        { "Labels must be 0 to 2 with 3 classes; they reach from 1 to 3.", () => Bytes(2, 3, 2, 2), () => tensor(new long[] { 1, 3 }) },
        { "Labels must be 0 to 2 with 3 classes; they reach from -1 to 0.", () => Bytes(2, 3, 2, 2), () => tensor(new long[] { 0, -1 }) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Refuses_tensors_that_do_not_fit_and_leaves_them_to_the_caller(string message, Func<Tensor> makeImages, Func<Tensor> makeLabels)
    {
        using var images = makeImages();
        using var labels = makeLabels();
        var make = () => new TensorDataset(images, labels, Names);
        make.Should().Throw<ArgumentException>().WithMessage(message + "*");
        images.IsInvalid.Should().BeFalse();
    }

    [Fact]
    public void Refuses_to_be_without_classes()
    {
        using var images = Bytes(1, 3, 2, 2);
        using var labels = tensor(new long[] { 0 });
        FluentActions.Invoking(() => new TensorDataset(images, labels, [])).Should().Throw<ArgumentException>().WithMessage("At least one class name is needed.*");
    }

    private static Tensor Bytes(params long[] shape) => zeros(shape, dtype: ScalarType.Byte);
}
