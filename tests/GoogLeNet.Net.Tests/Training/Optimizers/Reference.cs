using System.Text.Json;
using Inception.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;
using Sequential = TorchSharp.Modules.Sequential;

namespace Inception.Tests.Training.Optimizers;

/// <summary>What PyTorch computed, and the same network, gradients and rates: optimizers.json, written by generate_optimizers.py.</summary>
internal static class Reference
{
    public const int Steps = 20;

    /// <summary>Biases at twice the rate without decay, normalisations at half the rate with a tenth of the decay.</summary>
    public static readonly IReadOnlyList<ParameterGroup> Groups =
    [
        new() { Kinds = ParameterKinds.Biases, LearningRateFactor = 2, WeightDecayFactor = 0 },
        new() { Keys = "norm.*", LearningRateFactor = 0.5, WeightDecayFactor = 0.1 },
    ];

    private static readonly Lazy<Dictionary<string, double[][]>> Expected = new(Read);

    /// <summary>Every parameter after each step of a run.</summary>
    public static double[][] Of(string run) => Expected.Value[run];

    public static Sequential Network()
    {
        var network = nn.Sequential(("conv", nn.Conv2d(2, 2, 2)), ("norm", nn.BatchNorm2d(2)), ("linear", nn.Linear(2, 2)));
        Fill(network, i => Math.Sin(1 + i), parameter => parameter);
        return network;
    }

    /// <summary>The rate of step t; for Adam a tenth.</summary>
    public static double Rate(int t) => 0.1 * Math.Pow(0.9, t) * (t >= 10 ? 3 : 1);

    public static void SetGradients(nn.Module network, int t) =>
        Fill(network, i => (1 + (0.9 * Math.Sin(t))) * Math.Cos((0.7 * t) + i), parameter => parameter.grad!);

    /// <summary>Every parameter in the order of the keys, row-major.</summary>
    public static float[] Values(nn.Module network) => [.. network.parameters().SelectMany(parameter => parameter.Floats())];

    /// <summary>The parameters after each step.</summary>
    public static List<float[]> Run(OptimizerOptions options, double rateFactor = 1, GradientClipping? clipping = null)
    {
        using var scope = NewDisposeScope();
        using var network = Network();
        using var flat = new FlatParameters(network, options.Groups);
        using var optimizer = options.Create(flat);
        var values = new List<float[]>();
        for (var t = 0; t < Steps; t++)
        {
            SetGradients(network, t);
            clipping?.Apply(flat);
            optimizer.Step(rateFactor * Rate(t));
            values.Add(Values(network));
        }

        return values;
    }

    /// <summary>The largest relative difference of any step.</summary>
    public static double Error(IEnumerable<float[]> actual, string run) => actual.Zip(Of(run), (a, e) => Arrays.RelativeError(a, e)).Max();

    private static void Fill(nn.Module network, Func<int, double> function, Func<Parameter, Tensor> target)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var start = 0;
        foreach (var parameter in network.parameters())
        {
            var count = (int)parameter.numel();
            target(parameter).copy_(tensor([.. Enumerable.Range(start, count).Select(i => (float)function(i))], parameter.shape));
            start += count;
        }
    }

    private static Dictionary<string, double[][]> Read()
    {
        using var file = File.OpenRead(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Training", "Optimizers", "optimizers.json"));
        return JsonDocument.Parse(file).RootElement.GetProperty("steps").Deserialize<Dictionary<string, double[][]>>(SpecJson.Options)!;
    }
}
