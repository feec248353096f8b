using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Data;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

/// <summary>From a picture to names and probabilities.</summary>
[Collection(TorchCollection.Name)]
public sealed class ClassifyTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly GoogLeNet model = GoogLeNet.Create(3, Tiny.Spec());
    private readonly Predictor predictor;

    public ClassifyTests()
    {
        using var data = Tiny.Separable(30, seed: 3);
        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 10 }).Fit(data);
        predictor = new Predictor(model);
    }

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_path_bytes_a_stream_and_a_tensor_give_the_same_names_and_probabilities()
    {
        var path = Picture("a.png", 13, 9);
        using var scope = NewDisposeScope();

        var byPath = predictor.Classify(path, top: 3);

        byPath.Select(prediction => prediction.ClassName).Should().BeEquivalentTo("a", "b", "c");
        byPath.Should().OnlyContain(prediction => prediction.ClassName == model.ClassNames[prediction.ClassIndex]);
        byPath.Select(prediction => prediction.Probability).Should().BeInDescendingOrder();
        byPath.Sum(prediction => prediction.Probability).Should().BeApproximately(1, 1e-9);
        predictor.Classify(File.ReadAllBytes(path), top: 3).Should().Equal(byPath);
        using var stream = File.OpenRead(path);
        predictor.Classify(stream, top: 3).Should().Equal(byPath);
        predictor.Classify(ImageFile.Read(path), top: 3).Should().Equal(byPath);
        predictor.Classify(ImageFile.Read(path).unsqueeze(0), top: 3).Should().Equal(byPath);
        predictor.Classify(ImageFile.Read(path).to(ScalarType.Float32), top: 1)[0].ClassName.Should().Be(byPath[0].ClassName);
    }

    [Fact]
    public void A_picture_of_another_size_is_read_as_the_training_images_were()
    {
        var path = Picture("large.png", 40, 24);
        using var scope = NewDisposeScope();

        var classified = predictor.Classify(path, top: 3);

        var probabilities = predictor.Predict(ImageFile.Read(path, 8)).data<double>().ToArray();
        classified.OrderBy(prediction => prediction.ClassIndex).Select(prediction => prediction.Probability).Should().Equal(probabilities);
    }

    [Fact]
    public void Several_pictures_come_back_in_their_order()
    {
        var paths = Enumerable.Range(0, 40).Select(i => Picture($"{i}.png", 8 + i, 30 - (i / 2), seed: i)).ToArray();

        var many = predictor.ClassifyMany(paths, top: 2);

        many.Should().HaveCount(40).And.OnlyContain(predictions => predictions.Count == 2);
        many.Zip(paths, (predictions, path) => (predictions[0], predictor.Classify(path)[0])).Should()
            .OnlyContain(pair => pair.Item1.ClassIndex == pair.Item2.ClassIndex && Math.Abs(pair.Item1.Probability - pair.Item2.Probability) < 1e-6);
    }

    [Fact]
    public void An_ensemble_takes_pictures_of_different_sizes_and_four_channels_are_refused()
    {
        using var second = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        second.ClassNames = model.ClassNames;
        string[] paths = [Picture("small.png", 9, 9), Picture("large.png", 30, 20, seed: 2)];
        var ensemble = new Predictor([new(model), new(second)]);
        using var four = GoogLeNet.Create(3, Tiny.Spec() with { InputChannels = 4 });

        ensemble.ClassifyMany(paths).Select(guess => guess[0]).Should().Equal(paths.Select(path => ensemble.Classify(path)[0]));
        new Predictor(four).Invoking(predictor => predictor.Classify(paths[0])).Should().Throw<ArgumentException>().WithMessage("The network takes 4 channels, and pictures have 3 or 1*");
    }

    [Fact]
    public void Views_that_crop_see_the_whole_picture()
    {
        var path = Picture("wide.png", 40, 24);
        using var scope = NewDisposeScope();
        var crops = new Predictor(model, views: Views.TenCrops);

        var probabilities = crops.Predict(ImageFile.Read(path)).data<double>().ToArray();

        crops.Classify(path, top: 3).OrderBy(prediction => prediction.ClassIndex).Select(prediction => prediction.Probability).Should().Equal(probabilities);
    }

    public static TheoryData<Func<Tensor>, string> WrongImages => new()
    {
        { () => zeros(2, 3, 8, 8, dtype: ScalarType.Byte), "There are 2 images; ClassifyMany takes several.*" },
        { () => zeros(8, 8, dtype: ScalarType.Byte), "Images must be (N, C, H, W), or (C, H, W) for one, and not empty; they are (8, 8).*" },
        { () => zeros(1, 8, 8, dtype: ScalarType.Byte), "The images have 1 channels; the network was trained on 3.*" },
        { () => full(3, 8, 8, 0.5f), "The images' values are 0.5 to 0.5; pictures have 0 to 255. Multiply values of 0 to 1 by 255.*" },
        { () => full(3, 8, 8, -1f), "The images' values are -1 to -1; pictures have 0 to 255. Hand them over before they are normalized*" },
        { () => full(3, 8, 8, 256f), "The images' values are 256 to 256*" },
        { () => full(3, 8, 8, float.NaN), "The images' values are NaN to NaN*" },
        { () => zeros(3, 8, 8, dtype: ScalarType.Int64), "Images are Int64; they must be uint8, or float32 with values 0 to 255.*" },
    };

    [Theory]
    [MemberData(nameof(WrongImages))]
    public void What_is_no_image_is_refused_and_never_guessed(Func<Tensor> image, string message)
    {
        using var scope = NewDisposeScope();

        predictor.Invoking(p => p.Classify(image())).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void A_black_picture_in_floats_is_a_picture()
    {
        using var scope = NewDisposeScope();

        predictor.Classify(zeros(3, 8, 8)).Should().Equal(predictor.Classify(zeros(3, 8, 8, dtype: ScalarType.Byte)));
    }

    [Fact]
    public void A_file_that_is_no_picture_is_named()
    {
        var path = Path.Combine(folder.Path, "notes.png");
        File.WriteAllText(path, "no picture");

        predictor.Invoking(p => p.Classify(path)).Should().Throw<DatasetException>().WithMessage($"*{path}*");
        predictor.Invoking(p => p.Classify(Path.Combine(folder.Path, "none.png"))).Should().Throw<DatasetException>().WithMessage("*does not exist*");
    }

    [Fact]
    public void Gray_pictures_are_read_trained_on_and_classified_in_gray()
    {
        for (var i = 0; i < 24; i++)
        {
            var name = i % 2 == 0 ? "bright" : "dark";
            Directory.CreateDirectory(Path.Combine(folder.Path, "photos", name));
            Picture(Path.Combine("photos", name, $"{i}.png"), 9 + i, 12, seed: i, brightness: i % 2 == 0 ? 120 : 0);
        }

        using var photos = ImageFolderDataset.Load(Path.Combine(folder.Path, "photos"), size: 8, new ImageFolderOptions { Channels = 1, Fit = ImageFit.Stretch });
        using var network = GoogLeNet.Create(2, Tiny.Spec() with { InputChannels = 1 });
        new MultiHeadTrainer(network, new TrainerOptions { Epochs = 8, BatchSize = 8, Schedule = new Triangular(0.1) }).Fit(photos);
        var file = Path.Combine(folder.Path, "gray.safetensors");
        network.SaveWeights(file);

        using var loaded = Predictor.Load(file);

        (photos.Count, photos.Shape).Should().Be((24, new ImageShape(1, 8, 8)));
        var preprocessing = new EnsembleMember(loaded.Models[0]).Preprocessing!;
        (preprocessing.Channels, preprocessing.Fit).Should().Be((1, ImageFit.Stretch));
        loaded.ClassifyMany(photos.Files).Select((guess, i) => guess[0].ClassName == Path.GetFileName(Path.GetDirectoryName(photos.Files[i]))).Count(right => right)
            .Should().BeGreaterThan(20, "brightness alone tells them apart");
        using var probabilities = loaded.Predict(photos.Read([.. Enumerable.Range(0, 24).Select(i => (long)i)]));
        loaded.ClassifyMany(photos.Files, top: 2).Select(guess => guess.Single(entry => entry.ClassIndex == 0).Probability).Should()
            .Equal(probabilities.select(1, 0).data<double>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-6, "a file is read as the folder's pictures were");
    }

    [Fact]
    public void Many_threads_classify_at_once()
    {
        var paths = Enumerable.Range(0, 6).Select(i => Picture($"{i}.png", 8 + i, 20, seed: i)).ToArray();
        var expected = paths.Select(path => predictor.Classify(path)[0]).ToArray();

        Parallel.For(0, 120, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
        {
            var found = predictor.Classify(paths[i % 6])[0];
            found.ClassIndex.Should().Be(expected[i % 6].ClassIndex);
            found.Probability.Should().BeApproximately(expected[i % 6].Probability, 1e-6);
        });
    }

    private string Picture(string name, int width, int height, int seed = 1, int brightness = -1)
    {
        var path = Path.Combine(folder.Path, name);
        var pixels = Transforms.Images.Bytes(width * height * 3, seed);
        File.WriteAllBytes(path, new PngEncoder().Encode(width, height, (x, y, c) => pixels[(((y * width) + x) * 3) + c] is var value && brightness < 0 ? value : (byte)(brightness + (value / 2))));
        return path;
    }
}
