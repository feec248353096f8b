using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Data;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

/// <summary>Evaluation of a folder on views that choose their own part of a picture: they see it whole, though the data set's images are squares.</summary>
[Collection(TorchCollection.Name)]
public sealed class WholePictureTests : IDisposable
{
    private const int Size = 16;

    // Landscape and portrait, so that squares of one picture differ, and those of another are as many rows as its columns.
    private static readonly (string Name, int Width, int Height)[] Files = [("a/1.png", 40, 24), ("a/2.png", 20, 44), ("b/1.png", 61, 30), ("b/2.png", 25, 25), ("b/3.png", 18, 90)];

    private readonly PictureFolder folder = new();
    private readonly IDisposable scope = NewDisposeScope();
    private readonly MultiHeadModel model;

    public WholePictureTests()
    {
        foreach (var (name, width, height) in Files)
        {
            folder.Write(name, new PngEncoder().Encode(width, height, (x, y, channel) => (byte)((x * 255 / width) + (y * (channel + 3)))));
        }

        // Logits by which quarter of the crop is how bright.
        var linear = nn.Linear(12, 2);
        linear.weight = nn.Parameter(linspace(-9, 9, 24).sin().mul(9).reshape(2, 12));
        model = MultiHeadModel.Wrap(nn.Sequential(("pool", nn.AdaptiveAvgPool2d(2)), ("flat", nn.Flatten()), ("fc", linear)), numClasses: 2, inputSize: Size);
        model.eval();
    }

    public static TheoryData<string, IViews> Protocols => new()
    {
        { "ten", Views.TenCrops },
        { "paper", Views.PaperCrops },
        { "center", Views.CenterCrop },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Crops_are_those_of_the_whole_pictures_computed_one_by_one(string name, IViews views)
    {
        using var held = ImageFolderDataset.Load(folder.Path, Size);
        using var streamed = ImageFolderDataset.Load(folder.Path, Size, new ImageFolderOptions { MemoryBudget = 0 });
        using var predictor = new Predictor(model, views: views);
        var expected = Files.Select(file => LossOneByOne(file.Name, views)).ToList();

        foreach (var data in (ImageFolderDataset[])[held, streamed])
        {
            new Evaluator(predictor).Evaluate(data).Loss.Should().BeApproximately(expected.Average(), 1e-6, name);
        }

        using var squares = held.To(CPU);
        new Evaluator(predictor).Evaluate(squares).Loss.Should().NotBeApproximately(expected.Average(), 1e-3, "squares of 16 pixels lack what crops of the whole pictures see");
    }

    [Fact]
    public void A_part_of_a_folder_has_its_own_pictures_and_labels()
    {
        using var data = ImageFolderDataset.Load(folder.Path, Size);
        using var part = data.TakeStratified(2, seed: 3);
        using var predictor = new Predictor(model, views: Views.PaperCrops);

        var loss = part.Files.Select(path => LossOneByOne(Path.GetRelativePath(folder.Path, path), Views.PaperCrops)).Average();

        new Evaluator(predictor).Evaluate(part).Loss.Should().BeApproximately(loss, 1e-6);
    }

    [Fact]
    public void A_damaged_picture_is_refused_by_its_name_or_replaced_by_the_next_of_its_class()
    {
        using var data = ImageFolderDataset.Load(folder.Path, Size, new ImageFolderOptions { MemoryBudget = 0 });
        using var skipping = ImageFolderDataset.Load(folder.Path, Size, new ImageFolderOptions { MemoryBudget = 0, SkipDamaged = true });
        using var predictor = new Predictor(model, views: Views.TenCrops);
        folder.Write("b/2.png", [1, 2, 3]);

        var evaluator = new Evaluator(predictor);
        var expected = Files.Select(file => LossOneByOne(file.Name == "b/2.png" ? "b/3.png" : file.Name, Views.TenCrops)).Average();

        evaluator.Invoking(each => each.Evaluate(data)).Should().Throw<DatasetException>().WithMessage($"'{folder["b/2.png"]}' cannot be read: *");
        evaluator.Evaluate(skipping).Loss.Should().BeApproximately(expected, 1e-6);
        skipping.Skipped.Should().Be(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(null)]
    public void No_tensor_is_left_behind_by_a_whole_or_a_cancelled_evaluation(int? memoryBudget)
    {
        using var data = ImageFolderDataset.Load(folder.Path, Size, new ImageFolderOptions { MemoryBudget = memoryBudget });
        using var predictor = new Predictor(model, views: Views.TenCrops);
        using var cancellation = new CancellationTokenSource();
        var evaluator = new Evaluator(predictor);
        evaluator.Evaluate(data);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        evaluator.Evaluate(data);
        evaluator.Invoking(each => each.Evaluate(data, new Listener(cancellation.Cancel), cancellation.Token)).Should().Throw<OperationCanceledException>();

        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void Views_of_ones_own_see_the_images_of_the_data_set()
    {
        using var data = ImageFolderDataset.Load(folder.Path, Size);
        var views = new TwoSizes();
        using var predictor = new Predictor(model, views: views);

        new Evaluator(predictor).Evaluate(data).Images.Should().Be(5);

        views.Seen.Distinct().Should().Equal((Size, Size, Size));
    }

    public void Dispose()
    {
        model.Dispose();
        scope.Dispose();
        folder.Dispose();
    }

    private sealed class Listener(Action listen) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => listen();
    }

    // A window that is resized, and one of the same size that is not.
    private sealed class TwoSizes : IViews
    {
        public List<(int Height, int Width, int Size)> Seen { get; } = [];

        public IReadOnlyList<View> Create(int height, int width, int size)
        {
            Seen.Add((height, width, size));
            return [new View { Weight = 0.5, Window = new Window(0, 0, 8, 8), Size = size }, new View { Weight = 0.5, Window = new Window(0, 0, height, width) }];
        }
    }

    // -log of the weighted sum of what the network says of each view by itself.
    private double LossOneByOne(string name, IViews views)
    {
        using var all = NewDisposeScope();
        using var mode = no_grad();
        var picture = ImageFile.Read(folder[name]).unsqueeze(0);
        var probability = views.Create((int)picture.shape[2], (int)picture.shape[3], Size)
            .Sum(view => view.Weight * model.Logits(view.Apply(picture).to(ScalarType.Float32) / 255).softmax(1)[0, name[0] - 'a'].item<float>());
        return -Math.Log(probability);
    }
}
