using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>One argument or result on its way across the C boundary.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public Kind Kind;
    public int Count;
    public long Bits;

    public readonly double Real => BitConverter.Int64BitsToDouble(Bits);

    /// <summary>The tensor of a result, which takes over its handle.</summary>
    public readonly torch.Tensor ToTensor() =>
        Kind == Kind.Tensor ? new torch.Tensor((nint)Bits) : throw new InvalidOperationException($"Expected a tensor from libtorch, not {Kind}.");

    public readonly Scalar ToScalar() => Kind switch
    {
        Kind.Int => new Scalar(Bits),
        Kind.Double => new Scalar(Real),
        Kind.Bool => new Scalar(Bits != 0),
        _ => throw new InvalidOperationException($"Expected a number from libtorch, not {Kind}."),
    };

    /// <summary>The elements of a list or tuple; the native array is freed.</summary>
    public readonly unsafe NativeValue[] TakeElements()
    {
        var elements = new ReadOnlySpan<NativeValue>((void*)Bits, Count).ToArray();
        Native.st_value_free((NativeValue*)Bits);
        return elements;
    }
}
