using static TorchSharp.torch;

namespace Inception;

/// <summary>Tensors to and from the entries of a safetensors file.</summary>
internal static class TensorConversion
{
    /// <summary>A copy of the tensor's values, whatever its strides and device.</summary>
    public static SafeTensor ToSafeTensor(this Tensor value, string name)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var host = value.detach().cpu().contiguous();
        return new SafeTensor(name, TypeOf(host.dtype), host.shape, host.bytes.ToArray());
    }

    /// <summary>What differs between an entry and the tensor it is meant for, or null where shape and type agree.</summary>
    public static string? MismatchWith(this SafeTensor entry, Tensor target) =>
        entry.Form == target.Form() ? null : $"'{entry.Name}' is {entry.Form} in the file and {target.Form()} in the model";

    /// <summary>Type and shape, in the form of an entry's.</summary>
    public static string Form(this Tensor tensor) => SafeTensor.FormOf(TypeOf(tensor.dtype), tensor.shape);

    /// <summary>Writes an entry's values into a tensor of the same shape and type, whatever its strides and device.</summary>
    public static void CopyTo(this SafeTensor entry, Tensor target)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var host = empty(target.shape, dtype: target.dtype);
        entry.Data.Span.CopyTo(host.bytes);
        target.copy_(host);
    }

    private static SafeTensorsType TypeOf(ScalarType type) => type switch
    {
        ScalarType.Float32 => SafeTensorsType.F32,
        ScalarType.Float64 => SafeTensorsType.F64,
        ScalarType.Float16 => SafeTensorsType.F16,
        ScalarType.BFloat16 => SafeTensorsType.BF16,
        ScalarType.Int64 => SafeTensorsType.I64,
        ScalarType.Byte => SafeTensorsType.U8,
        _ => throw new NotSupportedException($"Tensors of type {type} are not kept in files."),
    };
}
