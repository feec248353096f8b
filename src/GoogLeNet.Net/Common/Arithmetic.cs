using TorchSharp;
using static TorchSharp.torch;

namespace Inception;

/// <summary>
/// Tensors and numbers. TorchSharp 0.107 turns each number into a <see cref="Scalar"/>, an object with native memory, and passes its address to libtorch without keeping it alive: a garbage
/// collection on another thread may free it while libtorch reads it. Scalars that are not collected yet are small blocks between those of tensors, and fragment the heap. So each scalar here
/// is disposed after its call, or lives for ever; <c>BannedApiTests</c> finds others. Methods that take a <c>double</c> are for tensors of floating-point numbers.
/// </summary>
internal static class Arithmetic
{
    /// <summary>0.</summary>
    public static readonly Scalar Zero = 0;

    /// <summary>1.</summary>
    public static readonly Scalar One = 1;

    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, double y)
    {
        using Scalar number = y;
        return x.add(number, One);
    }

    /// <summary>x · y.</summary>
    public static Tensor Times(this Tensor x, double y)
    {
        using Scalar number = y;
        return x.mul(number);
    }

    /// <summary>x / y.</summary>
    public static Tensor Over(this Tensor x, double y)
    {
        using Scalar number = y;
        return x.div(number);
    }

    /// <summary>x ← x + y.</summary>
    public static Tensor Add_(this Tensor x, Tensor y) => x.add_(y, One);

    /// <summary>x ← x + factor · y.</summary>
    public static Tensor Add_(this Tensor x, Tensor y, double factor)
    {
        using Scalar number = factor;
        return x.add_(y, number);
    }

    /// <summary>x ← x + y.</summary>
    public static Tensor Add_(this Tensor x, double y)
    {
        using Scalar number = y;
        return x.add_(number, One);
    }

    /// <summary>x ← x · y.</summary>
    public static Tensor Multiply_(this Tensor x, double y)
    {
        using Scalar number = y;
        return x.mul_(number);
    }

    /// <summary>x ← x / y.</summary>
    public static Tensor Divide_(this Tensor x, double y)
    {
        using Scalar number = y;
        return x.div_(number);
    }

    /// <summary>x ← value.</summary>
    public static Tensor Fill_(this Tensor x, double value)
    {
        using Scalar number = value;
        return x.fill_(number);
    }

    /// <summary>x ← min(max(x, low), high).</summary>
    public static Tensor Clamp_(this Tensor x, double low, double high)
    {
        using Scalar smallest = low, largest = high;
        return x.clamp_(smallest, largest);
    }

    /// <summary>A tensor that holds one value.</summary>
    public static Tensor Full(long[] shape, double value, ScalarType type, Device device)
    {
        using Scalar number = value;
        return full(shape, number, type, device);
    }

    /// <summary>0, 1, … up to <paramref name="count"/> − 1, int64.</summary>
    public static Tensor Range(long count, Device? device = null)
    {
        using Scalar end = count;
        return arange(Zero, end, One, ScalarType.Int64, device);
    }
}
