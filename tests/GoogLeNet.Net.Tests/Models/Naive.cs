namespace Inception.Tests.Models;

/// <summary>The network's layers as loops over doubles, straight from their definitions.</summary>
internal static class Naive
{
    public static double[,,,] Convolve(double[,,,] x, double[,,,] weight, double[]? bias, int stride, int top, int left, int bottom, int right)
    {
        int n = x.GetLength(0), channels = x.GetLength(1), height = x.GetLength(2), width = x.GetLength(3);
        int outs = weight.GetLength(0), kernel = weight.GetLength(2);
        int rows = ((height + top + bottom - kernel) / stride) + 1, columns = ((width + left + right - kernel) / stride) + 1;
        var y = new double[n, outs, rows, columns];
        ForEach(y, (b, o, r, c) =>
        {
            var sum = bias?[o] ?? 0;
            for (var i = 0; i < channels; i++)
            {
                for (var u = 0; u < kernel; u++)
                {
                    for (var v = 0; v < kernel; v++)
                    {
                        int row = (r * stride) + u - top, column = (c * stride) + v - left;
                        sum += row < 0 || row >= height || column < 0 || column >= width ? 0 : weight[o, i, u, v] * x[b, i, row, column];
                    }
                }
            }

            return sum;
        });
        return y;
    }

    /// <summary>Maximum over the part of each window that lies inside the input.</summary>
    public static double[,,,] MaxPool(double[,,,] x, int kernel, int stride, int rows, int columns, int top, int left)
    {
        var y = new double[x.GetLength(0), x.GetLength(1), rows, columns];
        ForEach(y, (b, i, r, c) => Window(x, b, i, (r * stride) - top, (c * stride) - left, kernel).Max());
        return y;
    }

    /// <summary>Mean over windows inside the input.</summary>
    public static double[,,,] AveragePool(double[,,,] x, int kernel, int stride)
    {
        int rows = ((x.GetLength(2) - kernel) / stride) + 1, columns = ((x.GetLength(3) - kernel) / stride) + 1;
        var y = new double[x.GetLength(0), x.GetLength(1), rows, columns];
        ForEach(y, (b, i, r, c) => Window(x, b, i, r * stride, c * stride, kernel).Average());
        return y;
    }

    /// <summary>Cell k of an axis averages the pixels ⌊k·n/size⌋ … ⌈(k+1)·n/size⌉ − 1.</summary>
    public static double[,,,] AdaptiveAveragePool(double[,,,] x, int size)
    {
        int height = x.GetLength(2), width = x.GetLength(3);
        var y = new double[x.GetLength(0), x.GetLength(1), size, size];
        ForEach(y, (b, i, r, c) =>
        {
            var values = new List<double>();
            for (var row = r * height / size; row < (int)Math.Ceiling((r + 1) * height / (double)size); row++)
            {
                for (var column = c * width / size; column < (int)Math.Ceiling((c + 1) * width / (double)size); column++)
                {
                    values.Add(x[b, i, row, column]);
                }
            }

            return values.Average();
        });
        return y;
    }

    /// <summary>x / (k + alpha/size · Σ x²)^beta over the channels within ⌊size / 2⌋.</summary>
    public static double[,,,] LocalResponseNorm(double[,,,] x, int size, double alpha, double beta, double k)
    {
        var y = (double[,,,])x.Clone();
        ForEach(y, (b, i, r, c) =>
        {
            var sum = 0.0;
            for (var j = Math.Max(0, i - (size / 2)); j <= Math.Min(x.GetLength(1) - 1, i + (size / 2)); j++)
            {
                sum += x[b, j, r, c] * x[b, j, r, c];
            }

            return x[b, i, r, c] / Math.Pow(k + (alpha / size * sum), beta);
        });
        return y;
    }

    public static double[,,,] BatchNorm(double[,,,] x, double[] mean, double[] variance, double[] weight, double[] bias, double epsilon)
    {
        var y = (double[,,,])x.Clone();
        ForEach(y, (b, i, r, c) => ((x[b, i, r, c] - mean[i]) / Math.Sqrt(variance[i] + epsilon) * weight[i]) + bias[i]);
        return y;
    }

    public static double[,,,] Relu(double[,,,] x)
    {
        var y = (double[,,,])x.Clone();
        ForEach(y, (b, i, r, c) => Math.Max(x[b, i, r, c], 0));
        return y;
    }

    public static double[,,,] Concatenate(params double[][,,,] parts)
    {
        var y = new double[parts[0].GetLength(0), parts.Sum(part => part.GetLength(1)), parts[0].GetLength(2), parts[0].GetLength(3)];
        var first = 0;
        foreach (var part in parts)
        {
            ForEach(part, (b, i, r, c) => y[b, first + i, r, c] = part[b, i, r, c]);
            first += part.GetLength(1);
        }

        return y;
    }

    /// <summary>x (N, in) times weight (out, in) transposed, plus bias.</summary>
    public static double[,] Linear(double[,] x, float[] weight, float[] bias)
    {
        int inputs = x.GetLength(1), outputs = bias.Length;
        var y = new double[x.GetLength(0), outputs];
        for (var b = 0; b < x.GetLength(0); b++)
        {
            for (var o = 0; o < outputs; o++)
            {
                y[b, o] = bias[o] + Enumerable.Range(0, inputs).Sum(i => x[b, i] * weight[(o * inputs) + i]);
            }
        }

        return y;
    }

    private static IEnumerable<double> Window(double[,,,] x, int b, int i, int top, int left, int kernel)
    {
        for (var row = Math.Max(top, 0); row < Math.Min(top + kernel, x.GetLength(2)); row++)
        {
            for (var column = Math.Max(left, 0); column < Math.Min(left + kernel, x.GetLength(3)); column++)
            {
                yield return x[b, i, row, column];
            }
        }
    }

    private static void ForEach(double[,,,] grid, Func<int, int, int, int, double> value)
    {
        for (var b = 0; b < grid.GetLength(0); b++)
        {
            for (var i = 0; i < grid.GetLength(1); i++)
            {
                for (var r = 0; r < grid.GetLength(2); r++)
                {
                    for (var c = 0; c < grid.GetLength(3); c++)
                    {
                        grid[b, i, r, c] = value(b, i, r, c);
                    }
                }
            }
        }
    }
}
