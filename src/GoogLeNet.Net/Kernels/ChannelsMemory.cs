using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Where images, or some of their channels, lie channels last. Tensors keep the memory alive: the images, or what the caller's dispose scope holds.</summary>
/// <param name="First">Address of the first pixel's first channel.</param>
/// <param name="Stride">Numbers from one pixel to the next.</param>
/// <param name="Channels">How many.</param>
internal readonly record struct ChannelsMemory(nint First, int Stride, int Channels)
{
    /// <summary>Where images can be read, as <see cref="KernelInput.Pixels"/> has it.</summary>
    /// <param name="images">(N, C, H, W).</param>
    public static ChannelsMemory Of(Tensor images)
    {
        var (first, stride) = KernelInput.Pixels(images);
        return new(Address(first), stride, (int)images.shape[1]);
    }

    /// <summary>Of the first number of a tensor on a CPU.</summary>
    public static unsafe nint Address(Tensor numbers) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(numbers.bytes));
}
