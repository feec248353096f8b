using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Data;
using Inception.Tests.Training;
using Inception.Tests.Weights;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Graph;

/// <summary>What a compiled network of a file says about pictures, against the predictor on TorchSharp.</summary>
[Collection(TorchCollection.Name)]
public sealed class ClassifyTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly IDisposable scope = NewDisposeScope();

    private string File => Path.Combine(folder.Path, "model.safetensors");

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string, Preprocessing?> Ways => new()
    {
        { "nothing known", null },
        { "normalized", new([new Normalize([125.3, 122.9, 113.8], [62.9, 62.0, 66.7])], 32) },
        { "stretched", new([new ScaleToUnit()], 32, fit: ImageFit.Stretch) },
        { "resized as the tutorial's", new([new Resize(32), new ScaleToUnit()], 40, 48) },
        { "cut after a resize, as torchvision's", new([new CenterCrop(32), new Normalize([127.5, 127.5, 127.5], [127.5, 127.5, 127.5])], 37) },
        { "cut from a smaller one", new([new CenterCrop(32), new ScaleToUnit()], 29, 27) },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Its_probabilities_are_the_predictors(string way, Preprocessing? preprocessing)
    {
        Save(Network(), preprocessing);
        using var predictor = Predictor.Load(File);
        using var network = CompiledNetwork.Load(File);
        foreach (var (rows, columns) in new[] { (32, 32), (50, 70), (200, 90), (9, 20) })
        {
            var picture = Noise(rows, columns, 3);

            var found = network.Classify(picture.bytes, columns, rows, top: 3);

            byte[] pixels = picture.bytes.ToArray();
            var file = new PngEncoder().Encode(columns, rows, (x, y, c) => pixels[(((y * columns) + x) * 3) + c]);
            Same(found, predictor.Classify(file, top: 3), way);
        }
    }

    [Fact]
    public void A_network_of_gray_pictures_takes_one_byte_a_pixel()
    {
        using var gray = GoogLeNet.Create(3, Tiny.Spec() with { InputChannels = 1 }).WithTrainedNorms();
        Save(gray, new([new Normalize([100], [50])], 8, channels: 1));
        using var predictor = Predictor.Load(File);
        using var network = CompiledNetwork.Load(File);
        var picture = Noise(30, 20, 1);

        Same(network.Classify(picture.bytes, 20, 30, top: 3), predictor.Classify(picture.permute(2, 0, 1), top: 3), "gray");
    }

    [Fact]
    public void Many_pictures_have_the_answers_that_each_has_by_itself()
    {
        Save(Network(), new([new ScaleToUnit()], 32));
        using var network = CompiledNetwork.Load(File);
        var pictures = stack([.. Enumerable.Range(0, 70).Select(i => Noise(40, 36, 3, seed: i))]);

        var found = network.ClassifyMany(pictures.bytes, 70, 36, 40, top: 2);

        found.Should().HaveCount(70);
        for (var i = 0; i < 70; i++)
        {
            Same(found[i], network.Classify(pictures[i].bytes, 36, 40, top: 2), $"{i}");
        }
    }

    [Theory]
    [InlineData(0.0, 3)]
    [InlineData(1.0, 0)]
    public void A_picture_below_the_files_minimum_confidence_has_no_answer_as_with_the_predictor(double minimum, int expected)
    {
        var model = Network();
        model.MinimumConfidence = minimum;
        Save(model, new([new ScaleToUnit()], 32));
        using var network = CompiledNetwork.Load(File);
        using var predictor = Predictor.Load(File);
        var picture = Noise(40, 36, 3);

        network.MinimumConfidence.Should().Be(minimum);
        network.Classify(picture.bytes, 36, 40, top: 3).Should().HaveCount(expected);
        predictor.Classify(picture.permute(2, 0, 1), top: 3).Should().HaveCount(expected);
    }

    [Fact]
    public void Any_number_of_threads_get_the_same_answers()
    {
        Save(Network(), new([new ScaleToUnit()], 32));
        using var network = CompiledNetwork.Load(File);
        var pictures = Enumerable.Range(0, 8).Select(i => Noise(40, 36, 3, seed: i).bytes.ToArray()).ToArray();
        var alone = pictures.Select(picture => network.Classify(picture, 36, 40, top: 3)).ToArray();

        Parallel.For(0, 64, i => network.Classify(pictures[i % 8], 36, 40, top: 3).Should().Equal(alone[i % 8]));
    }

    [Fact]
    public void Classes_without_names_have_numbers_and_top_is_bounded_by_them()
    {
        using var model = Network();
        model.ClassNames = [];
        model.SaveWeights(File);
        using var network = CompiledNetwork.Load(File);

        network.Classify(new byte[32 * 32 * 3], 32, 32, top: 9).Select(guess => guess.ClassName).Should().BeEquivalentTo("class 0", "class 1", "class 2");
    }

    [Fact]
    public void What_is_no_picture_is_refused_with_one_line()
    {
        Save(Network(), new([new ScaleToUnit()], 32));
        var network = CompiledNetwork.Load(File);
        FluentActions.Invoking(() => network.Classify(new byte[11], 2, 2)).Should().Throw<ArgumentException>().WithMessage("1 picture of 2×2 pixels and 3 channels take 12 bytes; there are 11.*");
        FluentActions.Invoking(() => network.Classify(new byte[16], 2, 2)).Should().Throw<ArgumentException>().WithMessage("*They look like RGBA: leave the alpha out.*");
        FluentActions.Invoking(() => network.Classify([], 0, 2)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => network.Classify([], 2, -1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => network.Classify(new byte[12], 2, 2, top: 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => network.ClassifyMany(new byte[12], 0, 2, 2)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => network.Classify(new byte[12], 1 << 20, 1 << 20)).Should().Throw<ArgumentException>().WithMessage("A picture of 1048576×1048576 pixels is too large*");
        FluentActions.Invoking(() => network.Classify(new byte[12], 2, 2, cancellationToken: new CancellationToken(canceled: true))).Should().Throw<OperationCanceledException>();
        network.Dispose();
        FluentActions.Invoking(() => network.Classify(new byte[12], 2, 2)).Should().Throw<ObjectDisposedException>();
    }

    [Theory]
    [InlineData("""{"height":32,"transforms":[{"transform":"mine"}]}""", "*asks for the transform 'mine', which is not computed here*")]
    [InlineData("""{"height":32,"transforms":[{"transform":"randomCrop","size":3}]}""", "*'randomCrop'*")]
    [InlineData("""{"height":0,"transforms":[]}""", "*height is 0; it must be 1 to 16384*")]
    [InlineData("""{"height":32}""", "*has a preprocessing that cannot be used*")]
    [InlineData("""{"height":32,"transforms":[{"transform":"normalize","mean":[1],"deviation":[1]}]}""", "*it normalizes 1 channels; pictures have 3*")]
    [InlineData("no JSON", "*has a preprocessing that cannot be used*")]
    public void A_preprocessing_that_cannot_be_computed_is_refused_and_logits_are_not(string json, string message)
    {
        using var model = Network();
        var metadata = model.Metadata(WeightsFormat.Weights);
        metadata[WeightsFormat.PreprocessingKey] = json;
        SafeTensorsFile.Write(File, metadata, model.Tensors().Values);
        using var network = CompiledNetwork.Load(File);

        FluentActions.Invoking(() => network.Classify(new byte[32 * 32 * 3], 32, 32)).Should().Throw<ModelFileException>().WithMessage(message).Which.Path.Should().Be(File);
        network.Logits(new float[3 * 32 * 32]).Should().HaveCount(3);
    }

    private static GoogLeNet Network()
    {
        var model = GoogLeNet.Create(3, GoogLeNetSpec.CifarSmall.WithWidth(0.125), seed: 3).WithTrainedNorms();
        model.ClassNames = ["rose", "tulip", "daisy"];
        model.eval();
        return model;
    }

    private static Tensor Noise(int rows, int columns, int channels, int seed = 1)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randint(0, 256, [rows, columns, channels], dtype: ScalarType.Byte, generator: generator);
    }

    private static void Same(IReadOnlyList<Prediction> found, IReadOnlyList<Prediction> expected, string because)
    {
        found.Select(guess => (guess.ClassIndex, guess.ClassName)).Should().Equal(expected.Select(guess => (guess.ClassIndex, guess.ClassName)), because);
        found.Select(guess => guess.Probability).Should().Equal(expected.Select(guess => guess.Probability), (a, b) => Math.Abs(a - b) < 1e-5, because);
    }

    private void Save(GoogLeNet model, Preprocessing? preprocessing)
    {
        if (preprocessing is not null)
        {
            model.SetPreprocessing(preprocessing);
        }

        model.SaveWeights(File);
        model.Dispose();
    }
}
