using static TorchSharp.torch;

namespace Inception;

/// <summary>Tensors to and from the entries of a safetensors file.</summary>
internal static class TensorConversion
{
    private static readonly Dictionary<ScalarType, SafeTensorsType> Types = new()
    {
        [ScalarType.Float64] = SafeTensorsType.F64,
        [ScalarType.Float32] = SafeTensorsType.F32,
        [ScalarType.Float16] = SafeTensorsType.F16,
        [ScalarType.BFloat16] = SafeTensorsType.BF16,
        [ScalarType.Int64] = SafeTensorsType.I64,
        [ScalarType.Int32] = SafeTensorsType.I32,
        [ScalarType.Int16] = SafeTensorsType.I16,
        [ScalarType.Int8] = SafeTensorsType.I8,
        [ScalarType.Byte] = SafeTensorsType.U8,
        [ScalarType.Bool] = SafeTensorsType.BOOL,
        [ScalarType.ComplexFloat32] = SafeTensorsType.C64,
    };

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

    /// <summary>Type and shape.</summary>
    public static TensorForm Form(this Tensor tensor) => new(TypeOf(tensor.dtype), tensor.shape);

    /// <summary>Writes an entry's values into a tensor that they fit into, cast where its type is another, whatever its strides and device.</summary>
    public static void CopyTo(this SafeTensor entry, Tensor target)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var host = empty(target.shape, dtype: TypeOf(entry.Type));
        entry.Data.Span.CopyTo(host.bytes);
        target.copy_(host);
    }

    /// <summary>The type as files call it.</summary>
    /// <exception cref="NotSupportedException">Files have none such.</exception>
    public static SafeTensorsType TypeOf(ScalarType type) =>
        Types.TryGetValue(type, out var known) ? known : throw new NotSupportedException($"Tensors of type {type} are not kept in files.");

    private static ScalarType TypeOf(SafeTensorsType type) => Types.First(pair => pair.Value == type).Key;
}
