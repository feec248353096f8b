using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary><see cref="ConvolutionKernel"/> for one type of numbers.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLanes">How it is read and written.</typeparam>
internal sealed unsafe class ConvolutionKernel<T, TLanes> : ConvolutionKernel where T : unmanaged where TLanes : ILanes<T>
{
    private const int Columns = ProductKernel.Columns;

    /// <inheritdoc/>
    public override (KernelCall Filters, KernelCall Outputs) Calls(
        ChannelsMemory input, FilterMemory filters, byte* biases, bool relu, ChannelsMemory output, ConvolutionShape shape, float* memory)
    {
        var shifts = memory + (WinogradTiles.Planes * shape.FilterPlane);
        for (var k = 0; k < shape.Outputs; k++)
        {
            shifts[k] = biases is null ? 0 : TLanes.Widen(((T*)biases)[k]);
        }

        var threads = get_num_threads();
        var atOnce = ConvolutionPass<T, TLanes>.TilesAtOnce(shape, threads);
        var parts = (shape.Tiles + atOnce - 1) / atOnce;
        return (
            WinogradFilters<T, TLanes>.Transform(filters, shape, memory),
            KernelCall.Of(parts, Math.Min(parts, 8 * threads), (_, start, end) =>
                new ConvolutionPass<T, TLanes>((T*)input.First, input.Stride, memory, shifts, relu, (T*)output.First, output.Stride, shape, atOnce)
                    .Run(start * atOnce, Math.Min(end * atOnce, shape.Tiles))));
    }

    /// <inheritdoc/>
    public override void Differentiate(byte* input, int inputStride, byte* gradient, int gradientStride, FilterMemory filters, ConvolutionShape shape)
    {
        var weight = (nint)shape.Panels * shape.Inputs * Columns;
        var halves = Scratch.OfCall(2 * WinogradTiles.Taps * weight);

        // Upper and lower half of the planes, and parts of the filters: each range goes through all tiles, so that sums are the same on any number of threads.
        var splits = Math.Min(shape.Panels, (get_num_threads() + 1) / 2);
        Ranges.Split(2 * splits, 2 * splits, (range, _, _) =>
        {
            var (half, split) = (range % 2, range / 2);
            var (first, end) = (shape.Panels * split / splits, shape.Panels * (split + 1) / splits);
            new ConvolutionGradientPass<T, TLanes>((T*)input, inputStride, (T*)gradient, gradientStride, shape, half, first, end - first)
                .Run(halves + (half * WinogradTiles.Taps * weight));
        });
        WinogradFilters<T, TLanes>.Add(halves, shape, filters);
    }
}
