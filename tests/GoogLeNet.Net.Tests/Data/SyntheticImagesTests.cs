using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

[Collection(TorchCollection.Name)]
public sealed class SyntheticImagesTests
{
    private const int Size = 16;

    [Fact]
    public void Classes_take_turns_and_their_names_say_what_they_are()
    {
        using var data = SyntheticImages.Create(25, seed: 1);
        data.Images.shape.Should().Equal(25, 3, 32, 32);
        data.Images.dtype.Should().Be(ScalarType.Byte);
        data.Labels.data<long>().ToArray().Should().Equal(Enumerable.Range(0, 25).Select(i => (long)(i % 10)));
        data.ClassNames.Should().HaveCount(10).And.OnlyHaveUniqueItems().And.OnlyContain(name => name.StartsWith("synthetic "));
    }

    [Fact]
    public void A_picture_depends_on_seed_and_number_alone()
    {
        using var few = SyntheticImages.Create(20, seed: 1);
        using var many = SyntheticImages.Create(200, seed: 1);
        using var others = SyntheticImages.Create(20, seed: 2);
        many.Images.bytes[..(20 * 3072)].SequenceEqual(few.Images.bytes).Should().BeTrue();
        var pictures = new[] { many, others }.SelectMany(set => set.Images.bytes.ToArray().Chunk(3072).Select(Convert.ToBase64String)).ToList();
        pictures.Should().OnlyHaveUniqueItems("neither in a set nor between seeds");
    }

    [Theory]
    [InlineData(0, 32, "value is 0")]
    [InlineData(1, 7, "size is 7; it must be 8 to 1024.")]
    [InlineData(1, 1025, "size is 1025; it must be 8 to 1024.")]
    public void Refuses_what_is_out_of_range(int count, int size, string expected) =>
        FluentActions.Invoking(() => SyntheticImages.Create(count, seed: 1, size)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage($"*{expected.Replace("value", "count")}*");

    [Fact]
    public void A_tiny_network_learns_the_classes_and_their_mean_pictures_do_not_give_them_away()
    {
        using var train = SyntheticImages.Create(2000, seed: 1, Size);
        using var test = SyntheticImages.Create(500, seed: 2, Size);
        using var network = GoogLeNet.Create(10, Spec, seed: 1);
        var options = new TrainerOptions { Epochs = 4, BatchSize = 50, Seed = 1, Schedule = new Triangular(peak: 0.1), TrainTransforms = [new ScaleToUnit()] };

        var history = new MultiHeadTrainer(network, options).Fit(train, test);

        var accuracy = history.Epochs[^1].Validation[0].Accuracy;
        accuracy.Should().BeGreaterThan(0.4, "chance is 0.1");
        NearestMean(train, test).Should().BeLessThan(accuracy - 0.1);
    }

    private static GoogLeNetSpec Spec { get; } = new()
    {
        Name = "tiny",
        InputSize = Size,
        Layers = [new ConvolutionSpec("conv1", 16, Kernel: 3), new MaxPoolSpec("pool1", Kernel: 2, Stride: 2), new InceptionSpec("3a", 8, 8, 16, 4, 8, 8)],
        Dropout = 0,
    };

    // Share of the test images that are nearest to their own class's mean training image.
    private static double NearestMean(TensorDataset train, TensorDataset test)
    {
        const int Bytes = 3 * Size * Size;
        var means = new double[10][];
        var images = train.Images.bytes.ToArray().Chunk(Bytes).ToArray();
        for (var label = 0; label < 10; label++)
        {
            var own = images.Where((_, i) => i % 10 == label).ToArray();
            means[label] = [.. Enumerable.Range(0, Bytes).Select(p => own.Average(image => image[p]))];
        }

        return test.Images.bytes.ToArray().Chunk(Bytes)
            .Select((image, i) => Enumerable.Range(0, 10).MinBy(label => image.Zip(means[label], (x, mean) => (x - mean) * (x - mean)).Sum()) == i % 10 ? 1.0 : 0)
            .Average();
    }
}
