using static TorchSharp.torch;

namespace Inception;

/// <summary>Images as rows of pixels, the memory order in which the transforms work and hand their results on.</summary>
internal static class ChannelsLast
{
    /// <summary>(N, C, H, W) → (N, H, W, C) contiguous; the same memory where the images are channels last already.</summary>
    public static Tensor Pixels(Tensor images)
    {
        using var pixels = images.permute(0, 2, 3, 1);
        return pixels.contiguous();
    }

    /// <summary>(N, H, W, C) → (N, C, H, W), the same memory: channels last is strides alone.</summary>
    public static Tensor Images(Tensor pixels) => pixels.permute(0, 3, 1, 2);
}
