using System.Numerics;
using Inception.Data.Transforms;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>What the kernels read and write: images that lie channels last on a CPU.</summary>
internal static class KernelInput
{
    /// <summary>The most numbers a kernel's input or output has: 2 GiB in float32.</summary>
    public const int MostNumbers = int.MaxValue / sizeof(float);

    /// <summary>Whether a kernel takes such images: float32 or bfloat16, channels last on a CPU, channels enough to fill its vectors, and less than 2 GiB.</summary>
    /// <param name="images">(N, C, H, W).</param>
    /// <param name="fewestChannels">The fewest that the kernel takes.</param>
    public static bool Suits(Tensor images, int fewestChannels) =>
        IsOfType(images) && images.shape is var shape && shape[1] >= fewestChannels && IsWhole(shape, images.stride());

    /// <summary>The same, or some of the channels of such images, cut out of them.</summary>
    /// <param name="images">(N, C, H, W).</param>
    /// <param name="fewestChannels">The fewest that the kernel takes.</param>
    public static bool SuitsPartly(Tensor images, int fewestChannels) =>
        IsOfType(images) && images.shape is var shape && shape[1] >= fewestChannels && images.stride() is var strides && (IsWhole(shape, strides) || IsPart(shape, strides));

    /// <summary>Whether a tensor's numbers lie without gaps, one dimension within the other; those of size 1 lie anywhere.</summary>
    /// <param name="shape">The tensor's.</param>
    /// <param name="strides">The tensor's.</param>
    /// <param name="order">The dimensions, the outermost first.</param>
    public static bool Lies(long[] shape, long[] strides, ReadOnlySpan<int> order)
    {
        var next = 1L;
        for (var i = order.Length - 1; i >= 0; i--)
        {
            var (size, stride) = (shape[order[i]], strides[order[i]]);
            if (size != 1 && stride != next)
            {
                return false;
            }

            next *= size;
        }

        return true;
    }

    /// <summary>
    /// From where images can be read, and the numbers from one pixel to the next: some of the channels of images that lie channels last are read where they lie, others are
    /// laid so.
    /// </summary>
    /// <param name="images">(N, C, H, W).</param>
    public static (Tensor First, int Stride) Pixels(Tensor images)
    {
        var (shape, strides) = (images.shape, images.stride());
        return IsPart(shape, strides)
            ? (images.select(0, 0).select(1, 0).select(1, 0), (int)strides[3])
            : (ChannelsLast.Pixels(images), (int)shape[1]);
    }

    /// <summary>
    /// 3×3 filters without gaps, where they lie if they have none: (K, 3, 3, C) if channels lie last, (3, 3, C, K) if <see cref="PatchConvolution.Lay">filters</see> do,
    /// (K, C, 3, 3) otherwise.
    /// </summary>
    /// <param name="weight">(K, C, 3, 3).</param>
    public static Tensor Filters(Tensor weight)
    {
        var pixels = weight.permute(0, 2, 3, 1);
        if (pixels.is_contiguous())
        {
            return pixels;
        }

        var filters = PatchConvolution.Taps(weight);
        return filters.is_contiguous() ? filters : weight.contiguous();
    }

    /// <summary>(N, H, W, C) → (N, C, H, W), the same memory, without the mark of a view, so that it may be changed in place.</summary>
    public static Tensor Images(Tensor pixels) => ChannelsLast.Images(pixels).detach();

    /// <summary>(N, channels, H, W), channels last, not filled yet.</summary>
    /// <param name="like">(N, C, H, W): an image of as many pixels and of the type.</param>
    /// <param name="channels">How many.</param>
    public static Tensor Images(Tensor like, int channels)
    {
        var sizes = like.shape;
        return Images(empty([sizes[0], sizes[2], sizes[3], channels], like.dtype));
    }

    private static bool IsOfType(Tensor images) =>
        images.device_type == DeviceType.CPU && images.dtype is (ScalarType.Float32 or ScalarType.BFloat16) && images.dim() == 4;

    private static bool IsWhole(long[] shape, long[] strides) =>
        Vector.IsHardwareAccelerated && shape[0] * shape[1] * shape[2] * shape[3] <= MostNumbers && Lies(shape, strides, [0, 2, 3, 1]);

    private static bool IsPart(long[] shape, long[] strides) =>
        strides[1] == 1 && strides[3] > shape[1] && strides[2] == shape[3] * strides[3] && strides[0] == shape[2] * strides[2]
        && shape[0] * strides[0] <= MostNumbers;
}
