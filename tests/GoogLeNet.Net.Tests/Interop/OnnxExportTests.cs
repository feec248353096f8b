using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using Google.Protobuf;
using Inception.Data;
using Inception.Evaluation;
using Inception.Interop;
using Inception.Interop.Onnx;
using Inception.Tests.Training;
using Inception.Tests.Transforms;
using Inception.Tests.Weights;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace Inception.Tests.Interop;

/// <summary>Exported networks in ONNX Runtime against the networks that they come from.</summary>
[Collection(TorchCollection.Name)]
public sealed class OnnxExportTests(ITestOutputHelper output) : IDisposable
{
    private const string FullWidth = "GOOGLENET_FULL_WIDTH";
    private const double Tolerance = 1e-5;

    private readonly TemporaryFolder folder = new();

    // A second size where the network without heads is tried; only a fully connected head fixes the first.
    public static TheoryData<string, int, int> Networks => new()
    {
        { "paper", 96, 113 },
        { "tutorial", 75, 96 },
        { "torchvision", 97, 80 },
        { "cifar", 40, 27 },
        { "cifar-small", 48, 37 },
        { "cifar-fast", 48, 37 },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_preset_gives_the_networks_own_logits_with_heads_and_without_folded_and_not(string preset, int otherHeight, int otherWidth)
    {
        using var scope = NewDisposeScope();
        using var model = Network(Spec(preset));
        using var trunk = model.WithoutAuxiliaries();
        var size = model.InputSize;
        foreach (var folds in new[] { true, false })
        {
            Differences(model, new() { FoldBatchNorm = folds, IncludeAuxiliaries = true }, size, size);
            Differences(trunk, new() { FoldBatchNorm = folds, Height = otherHeight, Width = otherWidth }, otherHeight, otherWidth);
        }
    }

    [Fact]
    public void What_presets_have_not_is_written_as_well()
    {
        using var scope = NewDisposeScope();
        var spec = new GoogLeNetSpec
        {
            Name = "odd",
            InputSize = 50,
            InputChannels = 2,
            Layers =
            [
                new ConvolutionSpec("conv1", 8, Kernel: 5, Stride: 3), new LocalResponseNormSpec("lrn", Size: 3, Alpha: 0.5, Beta: 0.6, K: 1.5), new MaxPoolSpec("pool1", 2, 1),
                new InceptionSpec("3a", 8, 8, 8, 8, 8, 8), new MaxPoolSpec("pool2", 1, 2), new InceptionSpec("3b", 8, 8, 8, 8, 8, 8),
            ],
            Auxiliaries = [new("wide", "3a") { Pooling = new AveragePooling(3, 2), Channels = 8 }, new("adaptive", "3a") { Pooling = new AdaptiveAveragePooling(5), Channels = 8 }, new("larger", "3b") { Pooling = new AdaptiveAveragePooling(11), Channels = 8 }],
        };
        foreach (var (padding, pooling) in new[] { (PaddingRule.Symmetric, PoolingRule.Ceil), (PaddingRule.Same, PoolingRule.Same), (PaddingRule.Symmetric, PoolingRule.Floor) })
        {
            using var model = Network(spec with { Blocks = new() { Padding = padding }, Pooling = pooling });

            Differences(model, new() { IncludeAuxiliaries = true }, 50, 50);
        }
    }

    [Fact]
    public void Probabilities_are_those_of_the_logits_and_add_up_to_one()
    {
        using var scope = NewDisposeScope();
        using var model = Network(Tiny.Spec());
        var images = Arrays.NoiseTensor(3, 4, 3, 8, 8);
        foreach (var temperature in new[] { 1, 2.5 })
        {
            model.Temperature = temperature;

            using var file = Export(model, new() { IncludeSoftmax = true, IncludeAuxiliaries = true });
            using var logits = Export(model, new());

            foreach (var head in model.AllHeads(images).Heads)
            {
                var expected = (head.Name == "main" ? head.Logits / temperature : head.Logits).softmax(1);
                file.Run(images)[head.Name].Should().Equal(expected.Floats(), (a, b) => Math.Abs(a - b) < 1e-6);
            }

            logits.Run(images)["main"].Should().Equal(model.AllHeads(images).Logits.Floats(), (a, b) => Math.Abs(a - b) < 1e-4);
            logits.Metadata.GetValueOrDefault("temperature").Should().Be(temperature == 1 ? null : "2.5");
        }
    }

    [Fact]
    public void The_file_says_what_goes_in_and_comes_out_and_what_the_classes_are()
    {
        using var model = Network(Tiny.Spec());
        model.ClassNames = ["rose", "tulip", "lily", "daisy", "\"x\"", "", "ß"];
        model.SetPreprocessing(new Preprocessing([new ScaleToUnit()], 12));

        using var file = Export(model, new() { IncludeAuxiliaries = true, Height = 16, Width = 20 });

        (file.Input, file.Outputs).Should().BeEquivalentTo(("images", new[] { "main", "aux1", "aux2" }));
        file.InputShape.Should().Equal("N", "3", "16", "20");
        file.Metadata.Keys.Should().BeEquivalentTo("model", "classNames", "preprocessing");
        JsonSerializer.Deserialize<string[]>(file.Metadata["classNames"]).Should().Equal(model.ClassNames);
        file.Metadata["model"].Should().Be(model.Configuration);
        JsonDocument.Parse(file.Metadata["preprocessing"]).RootElement.GetProperty("height").GetInt32().Should().Be(12);
    }

    [Fact]
    public void A_network_in_training_or_of_another_type_is_written_as_it_predicts_and_stays_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var model = Network(Tiny.Spec()).to(ScalarType.BFloat16);
        model.train();
        var before = model.State().ToDictionary(entry => entry.Key, entry => entry.Value.to(ScalarType.Float32).Floats());

        using var file = Export(model);

        model.training.Should().BeTrue();
        model.State().ToDictionary(entry => entry.Key, entry => entry.Value.to(ScalarType.Float32).Floats()).Should().BeEquivalentTo(before);
        model.eval();
        Difference(model.to(ScalarType.Float32), file, Arrays.NoiseTensor(3, 2, 3, 8, 8)).Should().BeLessThan(Tolerance);
    }

    [Theory]
    [InlineData(ImageFit.Crop, 12, 12)]
    [InlineData(ImageFit.Crop, 14, 11)]
    [InlineData(ImageFit.Stretch, 9, 13)]
    public void With_the_preprocessing_pictures_of_any_size_get_the_predictors_probabilities(ImageFit fit, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var model = Network(Tiny.Spec());
        IBatchTransform[][] pipelines =
        [
            [new ScaleToUnit()],
            [new Normalize([120, 110, 100], [60, 61, 62])],
            [new CenterCrop(9), new ScaleToUnit()],
            [new CenterCrop(17), new Normalize([120, 110, 100], [60, 61, 62])],
            [new Resize(10, 15), new ScaleToUnit()],
        ];
        foreach (var transforms in pipelines)
        {
            model.SetPreprocessing(new Preprocessing(transforms, height, width, 3, fit));
            using var predictor = new Predictor(model);
            using var file = Export(model, new() { IncludePreprocessing = true, IncludeSoftmax = true });
            file.InputShape.Should().Equal("N", "3", "H", "W");
            foreach (var (count, rows, columns) in new[] { (2, height, width), (1, 40, 31), (3, 25, 60), (1, 7, 5), (2, 61, 61) })
            {
                var pictures = Images.Batch(5, count, 3, rows, columns);

                var probabilities = file.Run(pictures)["main"];

                var expected = predictor.Predict(pictures).data<double>().ToArray();
                probabilities.Zip(expected, (actual, wanted) => Math.Abs(actual - wanted)).Max().Should().BeLessThan(1e-3, $"{rows}×{columns} {fit} to {height}×{width}, {transforms[0]}");
            }
        }
    }

    [Theory]
    [InlineData(12, 12, 40, 31)]
    [InlineData(14, 11, 40, 31)]
    [InlineData(224, 224, 300, 500)]
    [InlineData(224, 224, 225, 231)]
    [InlineData(224, 224, 1001, 700)]
    [InlineData(12, 12, 5, 7)]
    public void Pictures_are_resized_as_the_library_does_it(int height, int width, int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var graph = new OnnxGraph("pictures");
        var images = new OnnxPictures(graph).Prepare(new([], height, width), 3);
        graph.Proto.Output.Add(new ValueInfoProto { Name = images.Name, Type = new() { TensorType = new() { ElemType = TensorProto.Types.DataType.Float } } });
        using (var stream = File.Create(folder["network.onnx"]))
        {
            new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 18 } }, Graph = graph.Proto }.WriteTo(stream);
        }

        using var file = new OnnxFile(folder["network.onnx"]);
        var pictures = Images.Batch(5, 2, 3, rows, columns);

        var pixels = file.Run(pictures).Values.Single();

        var differences = pixels.Zip(PictureResize.Fit(pictures, height, width, ImageFit.Crop).to(ScalarType.Float32).Floats(), (a, b) => Math.Abs(a - b)).ToArray();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"max {differences.Max()} mean {differences.Average():0.0000}"));
        differences.Max().Should().BeLessThan(1.5f);
        differences.Average().Should().BeLessThan(0.03f);
    }

    [Fact]
    public void Without_a_known_preprocessing_pictures_are_cut_and_scaled_as_the_predictor_does()
    {
        using var scope = NewDisposeScope();
        using var model = Network(Tiny.Spec() with { InputChannels = 1 });
        using var file = Export(model, new() { IncludePreprocessing = true, IncludeSoftmax = true });
        var pictures = Images.Batch(5, 2, 1, 8, 8);

        file.Run(pictures)["main"].Should().Equal(new Predictor(model).Predict(pictures).data<double>().ToArray().Select(p => (float)p), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void What_cannot_be_written_is_refused_with_what_to_do_and_leaves_no_file()
    {
        using var scope = NewDisposeScope();
        using var wrapped = MultiHeadModel.Wrap(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), 3, 2);
        using var model = Network(Tiny.Spec());
        using var even = Network(Tiny.Spec() with { Layers = [new LocalResponseNormSpec("lrn", Size: 4), .. Tiny.Spec().Layers] });
        using var own = Network(Tiny.Spec() with { Auxiliaries = [new("aux", "3a") { Pooling = new OwnPooling() }] });
        using var images = Network(Tiny.Spec() with { Auxiliaries = [new("images", "3a")] });
        using var paper = Network(GoogLeNetSpec.Paper.WithWidth(0.1));
        var disposed = Network(Tiny.Spec());
        disposed.Dispose();

        Refused<NotSupportedException>(wrapped).Should().Contain("Sequential is no GoogLeNet").And.Contain("GoogLeNet.Create");
        Refused<NotSupportedException>(even).Should().Contain("'lrn' has windows of 4 channels");
        Refused<NotSupportedException>(own, new() { IncludeAuxiliaries = true }).Should().Contain("OwnPooling").And.Contain("without its auxiliary heads");
        Refused<NotSupportedException>(images, new() { IncludeAuxiliaries = true }).Should().Contain("A head is named 'images'");
        Refused<ArgumentException>(paper, new() { Width = 1 }).Should().Contain("Images of 224×1 pixels are too small: 'paper' takes ");
        Refused<ArgumentException>(paper, new() { Height = 160, IncludeAuxiliaries = true }).Should().Contain("The head 'aux1' was built for images of 224×224 pixels");
        Refused<ArgumentException>(model, new() { Height = 8, IncludePreprocessing = true }).Should().Contain("leave out Height and Width");
        model.SetPreprocessing(new Preprocessing([new HorizontalFlip(), new ScaleToUnit()], 8));
        Refused<NotSupportedException>(model, new() { IncludePreprocessing = true }).Should().Contain("HorizontalFlip").And.Contain("IncludePreprocessing");
        disposed.Invoking(network => network.ExportOnnx(folder["x.onnx"])).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => new OnnxOptions { Width = 0 }).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*Width*");
        FluentActions.Invoking(() => OnnxExport.CheckSize(int.MaxValue)).Should().Throw<NotSupportedException>().WithMessage("*2,147,483,647 bytes; an ONNX file holds 2 GiB*");
        OnnxExport.CheckSize(1L << 30);
        Directory.EnumerateFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void A_target_that_cannot_be_written_is_named_and_one_that_exists_is_replaced()
    {
        using var model = Network(Tiny.Spec());
        Directory.CreateDirectory(folder["a.onnx"]);
        File.WriteAllText(folder["old.onnx"], "old");

        model.Invoking(network => network.ExportOnnx(folder["a.onnx"])).Should().Throw<IOException>().WithMessage($"'{folder["a.onnx"]}' cannot be written: it is a folder.");
        model.Invoking(network => network.ExportOnnx(folder["no/b.onnx"])).Should().Throw<IOException>().WithMessage($"'{folder["no/b.onnx"]}' cannot be written: its folder does not exist.");
        model.ExportOnnx(folder["old.onnx"]);

        new FileInfo(folder["old.onnx"]).Length.Should().BeGreaterThan(1000);
        Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Should().BeEquivalentTo("a.onnx", "old.onnx");
    }

    private static GoogLeNetSpec Spec(string preset) => GoogLeNetSpec.FromName(preset).WithWidth(Environment.GetEnvironmentVariable(FullWidth) == "1" ? 1 : 0.25);

    // Nothing at its initial value: batch norms as after training, biases that differ.
    private static GoogLeNet Network(GoogLeNetSpec spec)
    {
        var model = GoogLeNet.Create(7, spec, seed: 4).WithTrainedNorms();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (key, bias) in model.named_parameters().Where(entry => entry.name.EndsWith(".bias", StringComparison.Ordinal) && !entry.name.Contains(".bn.")))
        {
            bias.add_(0.2 * Arrays.NoiseTensor(key.Length, bias.shape));
        }

        model.eval();
        return model;
    }

    private void Differences(GoogLeNet model, OnnxOptions options, int height, int width)
    {
        using var file = Export(model, options);
        foreach (var count in new[] { 1, 3 })
        {
            // As bright as normalized pictures, so that local response normalization shows.
            var difference = Difference(model, file, 2 * Arrays.NoiseTensor(count, count, model.InputChannels, height, width), options.IncludeAuxiliaries);

            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{model.Spec.Name,-12} {height,3}×{width,-3} batch {count} {(options.IncludeAuxiliaries ? "all heads" : "main only")} {(options.FoldBatchNorm ? "folded" : "plain "),-6} {difference:0.0e+0}"));
            difference.Should().BeLessThan(Tolerance, $"{options}, batch {count}");
        }
    }

    // The largest one over all heads, in units of the range of a head's logits.
    private static double Difference(GoogLeNet model, OnnxFile file, Tensor images, bool withAuxiliaries = false)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var expected = withAuxiliaries ? model.AllHeads(images) : model.call(images);
        var actual = file.Run(images);
        actual.Keys.Should().Equal(expected.Heads.Select(head => head.Name));
        return expected.Heads.Max(head =>
        {
            var logits = head.Logits.Floats();
            actual[head.Name].Should().HaveSameCount(logits);
            return actual[head.Name].Zip(logits, (a, b) => (double)Math.Abs(a - b)).Max() / (logits.Max() - logits.Min());
        });
    }

    private OnnxFile Export(MultiHeadModel model, OnnxOptions? options = null)
    {
        model.ExportOnnx(folder["network.onnx"], options);
        return new OnnxFile(folder["network.onnx"]);
    }

    private string Refused<T>(MultiHeadModel model, OnnxOptions? options = null)
        where T : Exception => model.Invoking(network => network.ExportOnnx(folder["x.onnx"], options)).Should().Throw<T>().Which.Message;

    private sealed record OwnPooling : AuxiliaryPooling, IPoolingOperator
    {
        public override int OutputSize(int size) => size;

        public Tensor Pool(Tensor features) => features.clone();
    }
}
