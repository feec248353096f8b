using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

/// <summary>One linear classifier over the pixels for each head: gradients and losses have closed forms.</summary>
internal sealed class LinearModel : MultiHeadModel
{
    private readonly Linear[] layers;
    private readonly bool reversesAuxiliaries;

    public LinearModel(int inputs, int classes, IReadOnlyList<Head> heads, bool reversesAuxiliaries = false, int inputSize = 2)
        : base(nameof(LinearModel))
    {
        Heads = heads;
        (NumClasses, InputSize) = (classes, inputSize);
        this.reversesAuxiliaries = reversesAuxiliaries;
        layers = [.. heads.Select(_ => nn.Linear(inputs, classes))];
        using var frozen = no_grad();
        for (var i = 0; i < layers.Length; i++)
        {
            register_module($"head{i}", layers[i]);
            layers[i].weight.copy_(Arrays.NoiseTensor(i + 1, classes, inputs));
            layers[i].bias!.copy_(Arrays.NoiseTensor(i + 50, classes));
        }
    }

    public override IReadOnlyList<Head> Heads { get; }

    public override int InputSize { get; }

    public override int NumClasses { get; }

    public override string Configuration => nameof(LinearModel);

    public float[] Weight(int head) => layers[head].weight.Floats();

    public float[] Bias(int head) => layers[head].bias!.Floats();

    protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
    {
        var pixels = images.flatten(1);
        var outputs = Heads.Select((head, i) => new HeadOutput(head.Name, layers[i].call(pixels))).ToList();
        var others = outputs.Skip(1);
        return new MultiHeadOutput(outputs[0], withAuxiliaries ? [.. reversesAuxiliaries ? others.Reverse() : others] : []);
    }

    /// <summary>Mean cross entropy and share of hits of a linear classifier, in doubles.</summary>
    public static (double Loss, double Accuracy) Measure(double[][] x, long[] labels, float[] weight, float[] bias, double smoothing = 0)
    {
        var loss = 0.0;
        var hits = 0;
        for (var n = 0; n < x.Length; n++)
        {
            var p = Softmax(x[n], weight, bias);
            loss -= Enumerable.Range(0, p.Length).Sum(k => Target(k, labels[n], p.Length, smoothing) * Math.Log(p[k]));
            hits += Array.IndexOf(p, p.Max()) == labels[n] ? 1 : 0;
        }

        return (loss / x.Length, hits / (double)x.Length);
    }

    /// <summary>Gradient of the mean cross entropy by the weights, (classes · inputs): mean of (p − target) · x.</summary>
    public static double[] WeightGradient(double[][] x, long[] labels, float[] weight, float[] bias)
    {
        int inputs = x[0].Length, classes = bias.Length;
        var gradient = new double[weight.Length];
        for (var n = 0; n < x.Length; n++)
        {
            var p = Softmax(x[n], weight, bias);
            for (var i = 0; i < gradient.Length; i++)
            {
                gradient[i] += (p[i / inputs] - Target(i / inputs, labels[n], classes, 0)) * x[n][i % inputs] / x.Length;
            }
        }

        return gradient;
    }

    /// <summary>Gradient of the mean cross entropy by the biases: mean of p − target.</summary>
    public static double[] BiasGradient(double[][] x, long[] labels, float[] weight, float[] bias) =>
        [.. bias.Select((_, k) => x.Select((row, n) => Softmax(row, weight, bias)[k] - Target(k, labels[n], bias.Length, 0)).Average())];

    private static double Target(int k, long label, int classes, double smoothing) => (k == label ? 1 - smoothing : 0) + (smoothing / classes);

    private static double[] Softmax(double[] x, float[] weight, float[] bias)
    {
        var e = bias.Select((b, k) => Math.Exp(b + x.Select((value, i) => value * weight[(k * x.Length) + i]).Sum())).ToArray();
        return [.. e.Select(value => value / e.Sum())];
    }
}
