using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

/// <summary>Short ways to make and read the float64 tensors of these tests.</summary>
internal static class Tensors
{
    public static Tensor Vector(params double[] values) => torch.tensor(values);

    public static Tensor Matrix(long rows, long columns, params double[] values) => torch.tensor(values, [rows, columns]);

    /// <summary>The numbers 1, 2, 3 … under a shape.</summary>
    public static Tensor Counted(params long[] shape) => torch.arange(1, shape.Aggregate(1L, (a, b) => a * b) + 1, torch.float64).reshape(shape);

    public static double[] Values(this Tensor tensor)
    {
        using var real = tensor.detach().to(torch.float64);
        return real.data<double>().ToArray();
    }

    /// <summary>Numbers spread over (-1, 1) in no order, the same ones at each call.</summary>
    public static Tensor Scattered(params long[] shape)
    {
        using var scope = torch.NewDisposeScope();
        using var counted = Counted(shape);
        return torch.tensor(counted.data<double>().ToArray().Select(i => Math.Sin(12.9898 * i)).ToArray(), shape).MoveToOuterDisposeScope();
    }
}
