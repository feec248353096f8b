using Inception.Tests.Models;

namespace Inception.Tests.Evidence.Paper;

/// <summary>
/// The layers of Caffe's GoogLeNet by their definitions. Weights are read from a network's state; biases are not, but stand here as what
/// they start from: 0.2, and 0 in the classifiers.
/// </summary>
internal sealed class Loops(GoogLeNet model)
{
    private readonly Dictionary<string, TorchSharp.Modules.Parameter> state =
        model.named_parameters().ToDictionary(named => named.name, named => named.parameter);

    /// <summary>⌊kernel / 2⌋ zeros on each side, bias 0.2, ReLU.</summary>
    public double[,,,] Convolution(double[,,,] x, string key, int stride = 1)
    {
        var weight = state[$"{key}.conv.weight"].Grid();
        var bias = Enumerable.Repeat(0.2, weight.GetLength(0)).ToArray();
        var pad = weight.GetLength(2) / 2;
        return Naive.Relu(Naive.Convolve(x, weight, bias, stride, pad, pad, pad, pad));
    }

    public double[,,,] Inception(double[,,,] x, string block)
    {
        var key = $"inception{block}";
        var pooled = Naive.MaxPool(x, kernel: 3, stride: 1, x.GetLength(2), x.GetLength(3), top: 1, left: 1);
        return Naive.Concatenate(
            Convolution(x, $"{key}.branch1"),
            Convolution(Convolution(x, $"{key}.branch2.0"), $"{key}.branch2.1"),
            Convolution(Convolution(x, $"{key}.branch3.0"), $"{key}.branch3.1"),
            Convolution(pooled, $"{key}.branch4.1"));
    }

    public double[,] Auxiliary(double[,,,] x, string head)
    {
        var projected = Convolution(Naive.AveragePool(x, kernel: 5, stride: 3), $"{head}.conv");
        var flat = new double[x.GetLength(0), projected.Length / x.GetLength(0)];
        Buffer.BlockCopy(projected, 0, flat, 0, projected.Length * sizeof(double));
        var hidden = Linear(flat, $"{head}.fc1", bias: 0.2f);
        foreach (var (row, unit) in Indices(hidden))
        {
            hidden[row, unit] = Math.Max(hidden[row, unit], 0);
        }

        return Classifier(hidden, $"{head}.fc2");
    }

    public double[,] Classifier(double[,] x, string key) => Linear(x, key, bias: 0);

    /// <summary>3×3 windows over 2 without padding; the last one may reach beyond the input (output size rounded up).</summary>
    public static double[,,,] PoolUp(double[,,,] x)
    {
        static int Outputs(int size) => (int)Math.Ceiling((size - 3) / 2.0) + 1;
        return Naive.MaxPool(x, kernel: 3, stride: 2, Outputs(x.GetLength(2)), Outputs(x.GetLength(3)), top: 0, left: 0);
    }

    /// <summary>x / (1 + 1e-4 / 5 · Σ x²)^0.75 over five neighbouring channels.</summary>
    public static double[,,,] Lrn(double[,,,] x) => Naive.LocalResponseNorm(x, size: 5, alpha: 1e-4, beta: 0.75, k: 1);

    /// <summary>Mean over the pixels of each channel: (N, C).</summary>
    public static double[,] Mean(double[,,,] x)
    {
        var mean = new double[x.GetLength(0), x.GetLength(1)];
        foreach (var (n, c) in Indices(mean))
        {
            var sum = 0.0;
            for (var row = 0; row < x.GetLength(2); row++)
            {
                for (var column = 0; column < x.GetLength(3); column++)
                {
                    sum += x[n, c, row, column];
                }
            }

            mean[n, c] = sum / x.GetLength(2) / x.GetLength(3);
        }

        return mean;
    }

    private double[,] Linear(double[,] x, string key, float bias)
    {
        var weight = state[$"{key}.weight"];
        return Naive.Linear(x, weight.Floats(), [.. Enumerable.Repeat(bias, (int)weight.shape[0])]);
    }

    private static IEnumerable<(int Row, int Column)> Indices(double[,] x) =>
        from row in Enumerable.Range(0, x.GetLength(0)) from column in Enumerable.Range(0, x.GetLength(1)) select (row, column);
}
