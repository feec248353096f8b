using Inception.Training;
using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>
/// 3×3 convolutions on a CPU by Winograd's algorithm (<see cref="Winograd"/>): a quarter of the multiplications, in float32 whatever the numbers' type. Tiles are transformed,
/// multiplied and transformed back so many at a time as a core's cache holds. An input that is infinite or no number can make all outputs of its tile NaN, not its neighbours alone.
/// </summary>
internal abstract unsafe class ConvolutionKernel
{
    private static readonly ConvolutionKernel Float32 = new ConvolutionKernel<float, Float32Lanes>();
    private static readonly ConvolutionKernel BFloat16 = new ConvolutionKernel<ushort, BFloat16Lanes>();
    private static readonly bool LeavesBFloat16 = PrecisionSupport.MultipliesBFloat16Faster();

    /// <summary>The kernel for float32 or bfloat16.</summary>
    public static ConvolutionKernel Of(ScalarType type) => type == ScalarType.Float32 ? Float32 : BFloat16;

    /// <summary>Whether it takes so many channels: a multiple of four, and vectors enough in the last panel of 32.</summary>
    public static bool Suits(int channels)
    {
        var last = channels % ProductKernel.Columns;
        return channels % ProductKernel.Rows == 0 && (last == 0 || last >= WinogradTiles.Block);
    }

    /// <summary>
    /// Whether it is faster than libtorch's: filters are transformed in each call, which takes enough tiles to pay and four times the filters' memory; and bfloat16 is left to
    /// processors that multiply it faster than float32.
    /// </summary>
    public static bool Pays(ConvolutionShape shape, ScalarType type)
    {
        const int FewestPixels = 256;
        const int PixelsOfATile = 6; // What a tile costs, in pixels by libtorch's.
        const int MostFilters = 1 << 20; // 150 MB.
        return shape.Pixels >= FewestPixels + ((long)PixelsOfATile * shape.Tiles) && (long)shape.Inputs * shape.Outputs <= MostFilters
            && (type == ScalarType.Float32 || !LeavesBFloat16);
    }

    /// <summary>How many numbers in float32 lie between the two calls of a convolution.</summary>
    public static nint Memory(ConvolutionShape shape) => (WinogradTiles.Planes * shape.FilterPlane) + (shape.Panels * ProductKernel.Columns);

    /// <summary>What transforms the filters, and what computes the convolution then.</summary>
    /// <param name="input">(N, H, W, C).</param>
    /// <param name="filters">The filters.</param>
    /// <param name="biases">(K), or null.</param>
    /// <param name="relu">Whether outputs below 0 become 0.</param>
    /// <param name="output">(N, H, W, K).</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="memory">As many numbers as <see cref="Memory"/> says.</param>
    public abstract (KernelCall Filters, KernelCall Outputs) Calls(
        ChannelsMemory input, FilterMemory filters, byte* biases, bool relu, ChannelsMemory output, ConvolutionShape shape, float* memory);

    /// <summary>The gradient of the filters.</summary>
    /// <param name="input">(N, H, W, C).</param>
    /// <param name="inputStride">Numbers from one of its pixels to the next.</param>
    /// <param name="gradient">The output's, (N, H, W, K).</param>
    /// <param name="gradientStride">Numbers from one of its pixels to the next.</param>
    /// <param name="filters">Receives the filters' gradient.</param>
    /// <param name="shape">The convolution.</param>
    public abstract void Differentiate(byte* input, int inputStride, byte* gradient, int gradientStride, FilterMemory filters, ConvolutionShape shape);
}
