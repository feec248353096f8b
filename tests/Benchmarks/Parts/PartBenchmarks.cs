using BenchmarkDotNet.Attributes;
using Inception;
using Inception.Data;
using Inception.Operators;
using Inception.Training;
using static TorchSharp.torch;

namespace Benchmarks.Parts;

/// <summary>One Inception block, 3a of the paper at 28×28, batch 16.</summary>
public class InceptionBlock : IDisposable
{
    private readonly InceptionModule block = new(
        new InceptionSpec("3a", 64, 96, 128, 16, 32, 32), 192, new BlockOptions { Normalization = Normalization.BatchNorm });

    private readonly Tensor images = rand(16, 28, 28, 192).permute(0, 3, 1, 2).DetachFromDisposeScope();

    private FlatParameters? parameters;

    [GlobalSetup]
    public void Setup() => parameters = new FlatParameters(block);

    [GlobalCleanup]
    public void Dispose()
    {
        parameters?.Dispose();
        block.Dispose();
        images.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Forward()
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        block.call(images);
    }

    [Benchmark]
    public void ForwardAndBackward()
    {
        using var scope = NewDisposeScope();
        block.call(images).sum().backward();
    }
}

/// <summary>3×3 convolutions of torchvision's network at 224×224, batch 16: libtorch's, and the library's own kernel.</summary>
public class Convolution3x3
{
    private Tensor input = empty(0);
    private Tensor filters = empty(0);
    private Tensor gradient = empty(0);

    [Params("64 to 192 channels, 56×56", "128 to 192 channels, 28×28", "160 to 320 channels, 14×14", "192 to 384 channels, 7×7")]
    public string Layer { get; set; } = "";

    [Params(false, true)]
    public bool Kernel { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var numbers = Layer.Split(' ', ',', '×').Where(word => word.Length > 0 && char.IsAsciiDigit(word[0])).Select(long.Parse).ToArray();
        var (inputs, outputs, size) = (numbers[0], numbers[1], numbers[2]);
        input = rand(16, size, size, inputs).permute(0, 3, 1, 2).requires_grad_().DetachFromDisposeScope();
        filters = rand(outputs, 3, 3, inputs).permute(0, 3, 1, 2).requires_grad_().DetachFromDisposeScope();
        gradient = rand(16, size, size, outputs).permute(0, 3, 1, 2).DetachFromDisposeScope();
    }

    [Benchmark]
    public void Forward()
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        Convolve();
    }

    [Benchmark]
    public void ForwardAndBackward()
    {
        using var scope = NewDisposeScope();
        Convolve().backward([gradient]);
        (input.grad, filters.grad) = (null, null);
    }

    private Tensor Convolve() => Kernel ? Ops.Conv2d(input, filters, bias: null, stride: 1, padding: 1) : nn.functional.conv2d(input, filters, padding: [1, 1]);
}

/// <summary>A step of each optimizer on CifarSmall's parameters.</summary>
public class OptimizerStep
{
    private FlatOptimizer? optimizer;

    [Params("sgd", "adamW", "muon")]
    public string Rule { get; set; } = "sgd";

    [GlobalSetup]
    public void Setup()
    {
        OptimizerOptions options = Rule switch { "sgd" => new SgdOptions { Nesterov = true }, "adamW" => new AdamWOptions(), _ => new MuonOptions() };
        optimizer = options.Create(new FlatParameters(GoogLeNet.Create(10, GoogLeNetSpec.CifarSmall), options.Groups));
    }

    [Benchmark]
    public void Step() => optimizer!.Step(1e-6);
}

/// <summary>A batch of 128 images with flips, crops and normalisation.</summary>
public class BatchPreparation
{
    private readonly BatchLoader loader = new(
        SyntheticImages.Create(1280, seed: 1), 128,
        [new HorizontalFlip(Alternating: true), new RandomCrop(4), new Normalize([.. Cifar10.Mean], [.. Cifar10.StandardDeviation])], CPU);

    private int step;

    [Benchmark]
    public void Load() => loader.Load(0, step++ % loader.Steps).Dispose();
}

/// <summary>torchvision's network on one image of 224×224, as it is and compiled.</summary>
public class Inference
{
    private readonly Tensor image = rand(1, 224, 224, 3).permute(0, 3, 1, 2).DetachFromDisposeScope();
    private readonly GoogLeNet network = GoogLeNet.Create(1000, GoogLeNetSpec.TorchVision);
    private IClassifier? classifier;

    [Params(false, true)]
    public bool Compiled { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        using var channelsLast = new FlatParameters(network);
        network.eval();
        classifier = Compiled ? network.Compile() : network;
    }

    [Benchmark]
    public void Predict()
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        classifier!.Logits(image);
    }
}

/// <summary>Writing and reading the weights of the paper's network.</summary>
public class Weights
{
    private readonly GoogLeNet network = GoogLeNet.Create(1000);
    private readonly string path = Path.Combine(Path.GetTempPath(), $"googlenet-net-benchmark-{Environment.ProcessId}.safetensors");

    [GlobalSetup(Target = nameof(Load))]
    public void Setup() => network.SaveWeights(path);

    [GlobalCleanup]
    public void Cleanup() => File.Delete(path);

    [Benchmark]
    public void Save() => network.SaveWeights(path);

    [Benchmark]
    public void Load() => network.LoadWeights(path);
}
