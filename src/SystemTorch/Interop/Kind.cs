namespace TorchSharp.Interop;

/// <summary>What a <see cref="NativeValue"/> holds; the numbers are those of native/value.h.</summary>
internal enum Kind
{
    None,
    Default,
    Tensor,
    Int,
    Double,
    Bool,
    Ints,
    Doubles,
    Tensors,
    String,
    Device,
    Generator,
    List,
    Tuple,
}
