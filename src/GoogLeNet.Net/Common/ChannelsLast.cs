using static TorchSharp.torch;

namespace Inception;

/// <summary>Changes between (N, C, H, W) and rows of pixels, (N, H, W, C): transforms work on contiguous pixels and return channels-last images.</summary>
internal static class ChannelsLast
{
    /// <summary>(N, C, H, W) → (N, H, W, C), contiguous; no copy if the images are channels last already.</summary>
    public static Tensor Pixels(Tensor images)
    {
        using var pixels = images.permute(0, 2, 3, 1);
        return pixels.contiguous();
    }

    /// <summary>(N, H, W, C) → (N, C, H, W); never a copy, as channels last is a matter of strides.</summary>
    public static Tensor Images(Tensor pixels) => pixels.permute(0, 3, 1, 2);
}
