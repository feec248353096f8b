using System.Security.Cryptography;
using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Interop;
using Inception.Tests.Data;
using Inception.Tests.Training;
using Inception.Tests.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Interop;

/// <summary>The pretrained network, from a loopback server and a narrow network of ImageNet's 1,000 classes in place of torchvision's.</summary>
[Collection(TorchCollection.Name)]
public sealed class PretrainedTests : IDisposable
{
    private const string Name = "googlenet-1378be20.pth";

    private readonly TestFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly LogLines log = new();
    private readonly GoogLeNet original = GoogLeNet.Create(1000, Files.Narrow, seed: 3).WithTrainedNorms();
    private readonly byte[] file;

    public PretrainedTests()
    {
        var path = Path.Combine(folder.Path, "original.pth");
        original.SaveTorchWeights(path);
        file = File.ReadAllBytes(path);
        original.eval();
    }

    private string Cache => Path.Combine(folder.Path, "cache");

    private string Cached => Path.Combine(Cache, Name);

    private string Part => Cached + ".part";

    public void Dispose()
    {
        original.Dispose();
        scope.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void The_file_of_torchvision_is_named_as_its_own_code_names_it()
    {
        var official = PretrainedFile.TorchVision;

        official.Remote.Should().Be(new RemoteFile(new Uri("https://download.pytorch.org/models/googlenet-1378be20.pth"), Name, null, "1378be20"));
        official.Spec.Should().Be(GoogLeNetSpec.TorchVision with { Auxiliaries = [] });
    }

    [Fact]
    public void It_is_downloaded_once_and_has_names_preprocessing_and_no_heads()
    {
        using var server = new LoopbackServer((_, from) => LoopbackServer.Serve(file, from));
        var progress = new List<DownloadProgress>();
        using (var model = Load(server, progress: new Reporter(progress.Add)))
        {
            model.ClassNames.Should().HaveCount(1000);
            model.Spec.Auxiliaries.Should().BeEmpty();
            model.training.Should().BeFalse();
            var images = Arrays.NoiseTensor(1, 2, 3, 64, 64);
            using var frozen = no_grad();
            model.Logits(images).Floats().Should().Equal(original.Logits(images).Floats());
            model.GetPreprocessing()!.Height.Should().Be(256);
        }

        progress.Should().OnlyContain(step => step.TotalBytes == file.Length).And.NotBeEmpty();
        Directory.GetFiles(Cache).Select(Path.GetFileName).Should().BeEquivalentTo(Name, ".lock");
        Load(server).Dispose();
        server.Ranges.Should().ContainSingle();
    }

    [Fact]
    public void Own_classes_get_a_new_classifier_and_no_names()
    {
        using var server = new LoopbackServer((_, from) => LoopbackServer.Serve(file, from));
        using var model = Load(server, numClasses: 4);

        (model.NumClasses, model.ClassNames.Count).Should().Be((4, 0));
        model.GetPreprocessing().Should().NotBeNull();
        model.Values()["fc.weight"].Should().HaveCount(4 * 16);
        model.Values()["conv3.conv.weight"].Should().Equal(original.Values()["conv3.conv.weight"]);
    }

    [Fact]
    public void Every_file_saved_from_it_has_names_and_preprocessing()
    {
        using var server = new LoopbackServer((_, from) => LoopbackServer.Serve(file, from));
        var saved = Path.Combine(folder.Path, "mine.safetensors");
        using (var model = Load(server))
        {
            model.SaveWeights(saved);
        }

        using var predictor = Predictor.Load(saved, logger: log);
        predictor.ClassNames.Should().Equal(ClassNameList.ImageNet.Names);
        predictor.Classify(Picture(), top: 5).Should().HaveCount(5).And.OnlyContain(prediction => prediction.ClassName == ClassNameList.ImageNet.Names[prediction.ClassIndex]);
        log.Lines.Should().BeEmpty();
    }

    [Fact]
    public void An_interrupted_download_is_resumed()
    {
        Directory.CreateDirectory(Cache);
        File.WriteAllBytes(Part, file[..30_000]);
        using var server = new LoopbackServer((request, from) => LoopbackServer.Serve(file, from) with { CutAfter = request == 0 ? 20_000 : null });

        Load(server).Dispose();

        server.Ranges.Should().Equal(30_000, 50_000);
        File.Exists(Part).Should().BeFalse();
    }

    [Fact]
    public void A_part_that_is_whole_needs_no_server()
    {
        Directory.CreateDirectory(Cache);
        File.WriteAllBytes(Part, file);
        using var server = new LoopbackServer((_, _) => new Reply(500, []));

        Load(server).Dispose();

        server.Ranges.Should().BeEmpty();
    }

    [Theory]
    [InlineData(200, "<html>Please log in</html>", "what it sent is not the file: its SHA-256 is ")]
    [InlineData(404, "no", "HTTP 404 Status.")]
    public async Task Another_file_is_refused_and_nothing_stays(int status, string body, string problem)
    {
        using var server = new LoopbackServer((_, _) => new Reply(status, System.Text.Encoding.ASCII.GetBytes(body)));

        var error = (await FluentActions.Awaiting(() => LoadAsync(server)).Should().ThrowAsync<ModelFileException>()).Which;

        error.Message.Should().StartWith($"{Cached}: the pretrained weights could not be fetched from {server.Address}: {problem}")
            .And.EndWith($"Without a network, put the file there under the name {Name}, or name it: GoogLeNet.CreatePretrained(path).");
        Directory.GetFiles(Cache).Select(Path.GetFileName).Should().Equal(".lock");
    }

    [Fact]
    public async Task Without_a_network_the_message_says_where_the_file_goes()
    {
        var server = new LoopbackServer((_, _) => new Reply(500, []));
        server.Dispose();

        (await FluentActions.Awaiting(() => LoadAsync(server)).Should().ThrowAsync<ModelFileException>())
            .WithMessage($"{Cached}: *Connection refused*put the file there under the name {Name}*").Which.Path.Should().Be(Cached);
    }

    [Fact]
    public void A_damaged_file_in_the_cache_is_fetched_again()
    {
        Directory.CreateDirectory(Cache);
        File.WriteAllBytes(Cached, file[..^1]);
        using var server = new LoopbackServer((_, from) => LoopbackServer.Serve(file, from));

        Load(server).Dispose();

        File.ReadAllBytes(Cached).Should().Equal(file);
    }

    [Fact]
    public void A_file_at_hand_may_have_other_classes_which_have_no_names()
    {
        var path = Path.Combine(folder.Path, "ten.pth");
        using var ten = GoogLeNet.Create(10, Files.Narrow);
        ten.SaveTorchWeights(path);
        var narrow = PretrainedFile.TorchVision with { Spec = Files.Narrow with { Auxiliaries = [] } };

        using (var model = narrow.Load(path, null))
        {
            (model.NumClasses, model.ClassNames.Count, model.GetPreprocessing()!.Height).Should().Be((10, 0, 256));
            model.Values()["fc.weight"].Should().Equal(ten.Values()["fc.weight"]);
        }

        narrow.Load(path, 3).Dispose();
        FluentActions.Invoking(() => GoogLeNet.CreatePretrained(path, 0)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("numClasses");
        FluentActions.Invoking(() => GoogLeNet.CreatePretrained(Path.Combine(folder.Path, "original.pth"))).Should().Throw<ModelFileException>().WithMessage("*no classifier 'fc.weight' of 1,024 inputs*");
    }

    [Fact]
    public void A_picture_becomes_the_input_that_torchvision_makes_of_it()
    {
        using var model = new PreprocessedPixels();
        model.SetPreprocessing(PretrainedFile.Preprocessing);
        using var predictor = new Predictor(model);
        predictor.Predict(Picture());

        model.Input!.shape.Should().Equal(1, 3, 224, 224);
        var values = model.Input!.contiguous().data<float>().ToArray();
        var differences = Files.Reference.Picture.Select(pixel => Math.Abs(values[(((int)pixel[0] * 224) + (int)pixel[1]) * 224 + (int)pixel[2]] - pixel[3])).ToList();

        // One step of a byte is 0.0078: the resampling differs from Pillow's in two of a thousand values by that.
        differences.Should().OnlyContain(difference => difference < 0.0079).And.Subject.Count(difference => difference > 1e-5).Should().BeLessThan(4);
    }

    [Fact]
    public void Crops_are_taken_of_the_whole_picture_in_the_size_that_the_network_was_trained_on()
    {
        using var model = new PreprocessedPixels();
        model.SetPreprocessing(PretrainedFile.Preprocessing);
        using var predictor = new Predictor(model, views: Views.TenCrops);
        predictor.Predict(Picture());

        model.Input!.shape.Should().Equal([10, 3, 224, 224], "the ten crops of one picture are a batch");
    }

    [Fact]
    public void The_names_are_ImageNets()
    {
        var names = ClassNameList.ImageNet.Names;

        names.Should().HaveCount(1000).And.OnlyContain(name => name.Length > 0 && name == name.Trim());
        (names[0], names[1], names[281], names[285], names[817], names[999]).Should().Be(("tench", "goldfish", "tabby", "Egyptian cat", "sports car", "toilet tissue"));
        names.Should().OnlyHaveUniqueItems();
    }

    // As in generate_files.py.
    private static Tensor Picture()
    {
        using var inner = NewDisposeScope();
        var (rows, columns) = (arange(300).reshape(-1, 1), arange(417).reshape(1, -1));
        return stack([.. Enumerable.Range(0, 3).Select(c =>
            ((rows * (3 + c)) + (columns * (5 - c)) + div(rows * columns, 40 + (9 * c), RoundingMode.floor)).remainder(256))]).to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    private GoogLeNet Load(LoopbackServer server, int? numClasses = null, IProgress<DownloadProgress>? progress = null) =>
        LoadAsync(server, numClasses, progress).GetAwaiter().GetResult();

    private Task<GoogLeNet> LoadAsync(LoopbackServer server, int? numClasses = null, IProgress<DownloadProgress>? progress = null)
    {
        var remote = new RemoteFile(server.Address, Name, null, Convert.ToHexStringLower(SHA256.HashData(file))[..8]);
        return new PretrainedFile(remote, Files.Narrow with { Auxiliaries = [] }).LoadAsync(numClasses, Cache, progress, log, CancellationToken.None);
    }

    private sealed class Reporter(Action<DownloadProgress> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value);
    }

    /// <summary>Keeps the last input.</summary>
    private sealed class PreprocessedPixels : MultiHeadModel
    {
        public PreprocessedPixels()
            : base(nameof(PreprocessedPixels)) => register_parameter("unused", new TorchSharp.Modules.Parameter(zeros(1)));

        public Tensor? Input { get; private set; }

        public override IReadOnlyList<Head> Heads => [new("main", 1)];

        public override int NumClasses => 2;

        public override int InputSize => 224;

        public override string Configuration => "pixels";

        protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
        {
            Input = images.clone().DetachFromDisposeScope();
            return new MultiHeadOutput(new HeadOutput("main", zeros(images.shape[0], 2)));
        }
    }
}
