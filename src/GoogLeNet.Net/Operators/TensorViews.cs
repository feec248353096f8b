using System.Numerics;
using Inception.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Operators;

/// <summary>Tensors on a CPU as the kernels see them: channels last, float32 or bfloat16.</summary>
internal static class TensorViews
{
    /// <summary>The most elements of a kernel's input or output: 2 GiB in float32.</summary>
    public const int MaxElements = int.MaxValue / sizeof(float);

    /// <summary>Whether kernels can read such images: float32 or bfloat16, channels last on a CPU, and less than 2 GiB.</summary>
    /// <param name="images">(N, C, H, W).</param>
    /// <param name="minChannels">The fewest channels that the kernel supports.</param>
    public static bool IsChannelsLast(Tensor images, int minChannels) =>
        HasKernelType(images) && images.size(1) >= minChannels && IsDenseChannelsLast(images);

    /// <summary>The same, or some of the channels of such images.</summary>
    /// <param name="images">(N, C, H, W).</param>
    /// <param name="minChannels">The fewest channels that the kernel supports.</param>
    public static bool IsChannelsLastOrSlice(Tensor images, int minChannels) =>
        HasKernelType(images) && images.size(1) >= minChannels && (IsDenseChannelsLast(images) || IsSlice(images));

    /// <summary>The kernels' name for a tensor's type.</summary>
    public static ElementType ElementType(this Tensor tensor) => tensor.dtype == ScalarType.Float32 ? Kernels.ElementType.Float32 : Kernels.ElementType.BFloat16;

    /// <summary>Images as kernels read them: in place where they are channels last or a slice of such, otherwise a copy in the caller's dispose scope.</summary>
    /// <param name="images">(N, C, H, W).</param>
    public static ImageView View(this Tensor images)
    {
        var channels = (int)images.size(1);
        var (first, stride) = IsSlice(images)
            ? (images.select(0, 0).select(1, 0).select(1, 0), (int)images.stride(3))
            : (ChannelsLast.Pixels(images), channels);
        return ImageView.Over(first.bytes, stride, channels);
    }

    /// <summary>3×3 filters as kernels read them: in place where they are dense, otherwise a copy in the caller's dispose scope.</summary>
    /// <param name="weight">(K, C, 3, 3).</param>
    public static FilterView Filters(this Tensor weight)
    {
        var pixels = weight.permute(0, 2, 3, 1);
        var channelsLast = pixels.is_contiguous();
        var dense = channelsLast ? pixels : weight.contiguous();
        return FilterView.Dense(dense.Address(), (int)weight.size(1), channelsLast);
    }

    /// <summary>The address of a tensor's first element on a CPU.</summary>
    public static nint Address(this Tensor tensor) => ImageView.AddressOf(tensor.bytes);

    /// <summary>New images with channels last, not filled yet.</summary>
    public static Tensor EmptyImages(long count, long channels, long height, long width, ScalarType type) =>
        ChannelsLast.Images(empty([count, height, width, channels], type)).detach(); // Without the mark of a view, so that it may be changed in place.

    private static bool HasKernelType(Tensor images) =>
        images.device_type == DeviceType.CPU && images.dtype is (ScalarType.Float32 or ScalarType.BFloat16) && images.dim() == 4;

    // Size by size: Tensor.shape leaves a small block of native memory behind until the next collection, and of many the allocator cannot join what lies between.
    private static bool IsDenseChannelsLast(Tensor images)
    {
        if (!Vector.IsHardwareAccelerated || images.numel() > MaxElements)
        {
            return false;
        }

        // Dimensions of size 1 may have any stride.
        var next = 1L;
        foreach (var dimension in (ReadOnlySpan<int>)[1, 3, 2, 0])
        {
            var size = images.size(dimension);
            if (size != 1 && images.stride(dimension) != next)
            {
                return false;
            }

            next *= size;
        }

        return true;
    }

    private static bool IsSlice(Tensor images) =>
        images.stride(1) == 1 && images.stride(3) > images.size(1) && images.stride(2) == images.size(3) * images.stride(3) && images.stride(0) == images.size(2) * images.stride(2)
        && images.size(0) * images.stride(0) <= MaxElements;
}
