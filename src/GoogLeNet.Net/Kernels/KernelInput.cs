using System.Numerics;
using Inception.Data.Transforms;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>What the kernels read and write: images that lie channels last on a CPU.</summary>
internal static class KernelInput
{
    /// <summary>Whether a kernel takes such images: float32 or bfloat16, channels last on a CPU, channels enough to fill its vectors, and less than 2 GiB.</summary>
    /// <param name="images">(N, C, H, W).</param>
    /// <param name="fewestChannels">The fewest that the kernel takes.</param>
    public static bool Suits(Tensor images, int fewestChannels)
    {
        if (images.device_type != DeviceType.CPU || images.dtype is not (ScalarType.Float32 or ScalarType.BFloat16))
        {
            return false;
        }

        using var pixels = images.permute(0, 2, 3, 1);
        return pixels.shape[3] >= fewestChannels && pixels.numel() <= int.MaxValue / sizeof(float) && Vector.IsHardwareAccelerated && pixels.is_contiguous();
    }

    /// <summary>(N, H, W, C) → (N, C, H, W), the same memory, without the mark of a view, so that it may be changed in place.</summary>
    public static Tensor Images(Tensor pixels) => ChannelsLast.Images(pixels).detach();
}
