using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>Shape, layout, type and place of a tensor, as native/tensor.cpp fills them in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TensorInfo
{
    public long* Sizes;
    public long* Strides;
    public long Dimensions;
    public long Elements;
    public long ElementSize;
    public int Type;
    public int DeviceType;
    public int DeviceIndex;
    public int Contiguous;
}
