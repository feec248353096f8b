using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of numbers drawn evenly from [0, 1).</summary>
    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Rand(size, dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn evenly from [0, 1).</summary>
    public static Tensor rand(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Rand(size.ToArray(), dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn evenly from [0, 1).</summary>
    public static Tensor rand(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Rand([size], dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn evenly from [0, 1).</summary>
    public static Tensor rand(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Rand([rows, columns], dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn evenly from [0, 1).</summary>
    public static Tensor rand(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Rand([dim0, dim1, dim2], dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn evenly from [0, 1).</summary>
    public static Tensor rand(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Rand([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Randn(size, dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Randn(size.ToArray(), dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Randn([size], dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Randn([rows, columns], dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Randn([dim0, dim1, dim2], dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of numbers drawn from the standard normal distribution.</summary>
    public static Tensor randn(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Randn([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of whole numbers drawn evenly from 0 up to, not including, <paramref name="high"/>; Int64 unless said otherwise.</summary>
    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size, dtype, device, requires_grad, generator, names);

    /// <summary>A tensor of whole numbers drawn evenly from <paramref name="low"/> up to, not including, <paramref name="high"/>; Int64 unless said otherwise.</summary>
    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Aten.randint.Call(low, high, size, generator, dtype ?? ScalarType.Int64, default, InitializeDevice(device)), requires_grad, names);

    /// <summary>The numbers from 0 to <paramref name="n"/> − 1 in random order; Int64 unless said otherwise.</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) =>
        Aten.randperm.Call(n, generator, dtype ?? ScalarType.Int64, default, InitializeDevice(device));

    private static Tensor Rand(long[] size, ScalarType? dtype, Device? device, bool requires_grad, Generator? generator, string[]? names) =>
        Made(Aten.rand.Call(size, generator, dtype ?? get_default_dtype(), default, InitializeDevice(device)), requires_grad, names);

    private static Tensor Randn(long[] size, ScalarType? dtype, Device? device, bool requires_grad, Generator? generator, string[]? names) =>
        Made(Aten.randn.Call(size, generator, dtype ?? get_default_dtype(), default, InitializeDevice(device)), requires_grad, names);
}
