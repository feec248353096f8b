namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor without dimensions that holds one value.</summary>
    public static Tensor tensor(double scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Copied<double>([scalar], [], dtype, device, requires_grad);

    /// <summary>A row of the elements, copied.</summary>
    public static Tensor tensor(double[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>(rawArray, [rawArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>The elements under a shape, copied in the order of the dimensions.</summary>
    /// <exception cref="ArgumentException">There are too few.</exception>
    public static Tensor tensor(double[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>The elements under a shape, copied in the order of the dimensions.</summary>
    /// <exception cref="ArgumentException">There are too few.</exception>
    public static Tensor tensor(IList<double> rawArray, long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>(rawArray.ToArray(), [rows, columns], dtype, device, requires_grad, names);

    /// <summary>The elements under a shape, copied in the order of the dimensions.</summary>
    /// <exception cref="ArgumentException">There are too few.</exception>
    public static Tensor tensor(IList<double> rawArray, long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>(rawArray.ToArray(), [dim0, dim1, dim2], dtype, device, requires_grad, names);

    /// <summary>The elements under a shape, copied in the order of the dimensions.</summary>
    /// <exception cref="ArgumentException">There are too few.</exception>
    public static Tensor tensor(IList<double> rawArray, long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>(rawArray.ToArray(), [dim0, dim1, dim2, dim3], dtype, device, requires_grad, names);

    /// <summary>A matrix of the elements, copied.</summary>
    public static Tensor tensor(double[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied<double>([.. rawArray.Cast<double>()], [rawArray.GetLongLength(0), rawArray.GetLongLength(1)], dtype, device, requires_grad, names);
}
