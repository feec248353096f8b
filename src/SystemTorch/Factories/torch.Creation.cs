using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static ScalarType defaultType = ScalarType.Float32;

    /// <summary>The element type of tensors that are made without one; Float32 at first.</summary>
    public static ScalarType get_default_dtype() => defaultType;

    /// <summary>Sets the element type of tensors that are made without one.</summary>
    /// <exception cref="ArgumentException">It is no floating-point type.</exception>
    public static void set_default_dtype(ScalarType dtype) =>
        defaultType = dtype.IsFloatingPoint() ? dtype : throw new ArgumentException("only floating-point types are supported as the default type");

    /// <summary>The numbers from 0 up to, not including, <paramref name="stop"/>; Int64 where all are whole.</summary>
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    /// <summary>The numbers from <paramref name="start"/> up to, not including, <paramref name="stop"/>; Int64 where all are whole.</summary>
    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    /// <summary>The numbers from <paramref name="start"/> up to, not including, <paramref name="stop"/>, in steps; Int64 where all are whole.</summary>
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        var whole = start.Type.IsIntegral() && stop.Type.IsIntegral() && step.Type.IsIntegral();
        dtype ??= whole ? ScalarType.Int64 : get_default_dtype();
        return Made(Aten.arange.Call(start, stop, step, dtype, default, InitializeDevice(device)), requires_grad);
    }

    /// <summary>Zeros in the shape of <paramref name="input"/>, of its type and on its device unless said otherwise.</summary>
    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Like(Aten.zeros_like, input, dtype, device, requires_grad, names);

    /// <summary>Ones in the shape of <paramref name="input"/>, of its type and on its device unless said otherwise.</summary>
    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Like(Aten.ones_like, input, dtype, device, requires_grad, names);

    /// <summary>Unset elements in the shape of <paramref name="input"/>, of its type and on its device unless said otherwise.</summary>
    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Like(Aten.empty_like, input, dtype, device, requires_grad, names);

    /// <summary>Tensors joined along a dimension that they have.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => cat(tensors.ToArray(), dim);

    /// <summary>Tensors joined along a dimension that they have.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Tensor cat(Tensor[] tensors, long dim = 0) => cat((ReadOnlySpan<Tensor>)tensors, dim);

    /// <summary>Tensors joined along a dimension that they have.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => tensors.Length switch
    {
        0 => throw new ArgumentException(nameof(tensors)),
        1 => tensors[0].alias(),
        _ => Aten.cat.Call(tensors.ToArray(), dim),
    };

    /// <summary>Tensors joined along a new dimension.</summary>
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Aten.stack.Call(tensors.ToArray(), dim);

    private static Tensor Like(Op op, Tensor input, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Made(op.Call(input, dtype ?? input.dtype, default, device ?? input.device), requires_grad, names);
}
