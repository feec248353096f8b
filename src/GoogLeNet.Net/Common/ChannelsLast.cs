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

    /// <summary>Changes the memory format of a convolution's filters to channels last, which training uses: in another libtorch rounds otherwise, and is slower.</summary>
    public static void ConvertFilters(Tensor filters)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        filters.set_(Images(empty(filters.size(0), filters.size(2), filters.size(3), filters.size(1), filters.dtype, filters.device)).copy_(filters));
    }

    /// <summary>(N, H, W, C) → (N, C, H, W); never a copy, as channels last is a matter of strides.</summary>
    public static Tensor Images(Tensor pixels) => pixels.permute(0, 3, 1, 2);
}
