using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Conversions of one-element tensors and parameters.</summary>
public static class TensorExtensionMethods
{
    /// <summary>The only element, whatever its type.</summary>
    public static float ToSingle(this Tensor value) => value.ToScalar().ToSingle();

    /// <summary>The only element, whatever its type.</summary>
    public static double ToDouble(this Tensor value) => value.ToScalar().ToDouble();

    /// <summary>The only element without its fraction, whatever its type.</summary>
    public static int ToInt32(this Tensor value) => value.ToScalar().ToInt32();

    /// <summary>The only element without its fraction, whatever its type.</summary>
    public static long ToInt64(this Tensor value) => value.ToScalar().ToInt64();

    /// <summary>Whether the only element is not zero.</summary>
    public static bool ToBoolean(this Tensor value) => value.ToScalar().ToBoolean();

    /// <summary>A parameter that takes over the tensor, which becomes invalid.</summary>
    public static Modules.Parameter AsParameter(this Tensor tensor) => new(tensor);

    internal static bool ToWillCopy(this Tensor tensor, ScalarType type, Device device) =>
        tensor.dtype != type || tensor.device_type != device.type || tensor.device_index != device.index;
}
