using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of zeros; of the default type on the processor unless said otherwise.</summary>
    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Zeros(size, dtype, device, requires_grad, names);

    /// <summary>A tensor of zeros; of the default type on the processor unless said otherwise.</summary>
    public static Tensor zeros(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Zeros(size.ToArray(), dtype, device, requires_grad, names);

    /// <summary>A tensor of zeros; of the default type on the processor unless said otherwise.</summary>
    public static Tensor zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Zeros([size], dtype, device, requires_grad, names);

    /// <summary>A tensor of zeros; of the default type on the processor unless said otherwise.</summary>
    public static Tensor zeros(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Zeros([rows, columns], dtype, device, requires_grad, names);

    /// <summary>A tensor of zeros; of the default type on the processor unless said otherwise.</summary>
    public static Tensor zeros(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Zeros([dim0, dim1, dim2], dtype, device, requires_grad, names);

    /// <summary>A tensor of zeros; of the default type on the processor unless said otherwise.</summary>
    public static Tensor zeros(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Zeros([dim0, dim1, dim2, dim3], dtype, device, requires_grad, names);

    /// <summary>A tensor of ones; of the default type on the processor unless said otherwise.</summary>
    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Ones(size, dtype, device, requires_grad, names);

    /// <summary>A tensor of ones; of the default type on the processor unless said otherwise.</summary>
    public static Tensor ones(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Ones(size.ToArray(), dtype, device, requires_grad, names);

    /// <summary>A tensor of ones; of the default type on the processor unless said otherwise.</summary>
    public static Tensor ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Ones([size], dtype, device, requires_grad, names);

    /// <summary>A tensor of ones; of the default type on the processor unless said otherwise.</summary>
    public static Tensor ones(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Ones([rows, columns], dtype, device, requires_grad, names);

    /// <summary>A tensor of ones; of the default type on the processor unless said otherwise.</summary>
    public static Tensor ones(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Ones([dim0, dim1, dim2], dtype, device, requires_grad, names);

    /// <summary>A tensor of ones; of the default type on the processor unless said otherwise.</summary>
    public static Tensor ones(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Ones([dim0, dim1, dim2, dim3], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set; of the default type on the processor unless said otherwise.</summary>
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Empty(size, dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set; of the default type on the processor unless said otherwise.</summary>
    public static Tensor empty(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Empty(size.ToArray(), dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set; of the default type on the processor unless said otherwise.</summary>
    public static Tensor empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Empty([size], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set; of the default type on the processor unless said otherwise.</summary>
    public static Tensor empty(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Empty([rows, columns], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set; of the default type on the processor unless said otherwise.</summary>
    public static Tensor empty(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Empty([dim0, dim1, dim2], dtype, device, requires_grad, names);

    /// <summary>A tensor whose elements are not set; of the default type on the processor unless said otherwise.</summary>
    public static Tensor empty(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Empty([dim0, dim1, dim2, dim3], dtype, device, requires_grad, names);

    private static Tensor Zeros(long[] size, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Made(Aten.zeros.Call(size, dtype ?? get_default_dtype(), default, InitializeDevice(device)), requires_grad, names);

    private static Tensor Ones(long[] size, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Made(Aten.ones.Call(size, dtype ?? get_default_dtype(), default, InitializeDevice(device)), requires_grad, names);

    private static Tensor Empty(long[] size, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Made(Aten.empty.Call(size, dtype ?? get_default_dtype(), default, InitializeDevice(device)), requires_grad, names);

    /// <summary>The last step of every function that makes a tensor.</summary>
    private static Tensor Made(Tensor tensor, bool requires_grad, string[]? names = null)
    {
        if (names is { Length: > 0 })
        {
            throw new NotImplementedException("Named dimensions.");
        }

        return requires_grad ? tensor.requires_grad_() : tensor;
    }
}
