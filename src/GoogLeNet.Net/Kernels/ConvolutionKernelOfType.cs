using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary><see cref="ConvolutionKernel"/> for one type of numbers.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLanes">How it is read and written.</typeparam>
internal sealed unsafe class ConvolutionKernel<T, TLanes> : ConvolutionKernel where T : unmanaged where TLanes : ILanes<T>
{
    private const int Columns = ProductKernel.Columns;
    private const int Planes = WinogradTiles.Planes;

    // What a core's second cache holds beside the filters, in numbers: half a megabyte for the tiles of a convolution, one for all of a gradient.
    private const int Cached = 1 << 17;

    // Panels of outputs that are transformed back while they are in the cache.
    private const int PanelsAtOnce = 2;

    // Keeps planes, whose sizes are often powers of two, off the same lines of the first cache.
    private const int Gap = 16;

    /// <inheritdoc/>
    public override void Convolve(byte* input, int stride, FilterMemory filters, byte* biases, bool relu, byte* output, ConvolutionShape shape)
    {
        var panels = WinogradFilters<T, TLanes>.Panels(shape.Outputs);
        var planes = Scratch.OfCall(((long)Planes * panels * shape.Inputs * Columns) + (panels * Columns));
        var shifts = planes + ((nint)Planes * panels * shape.Inputs * Columns);
        WinogradFilters<T, TLanes>.Transform(filters, shape.Inputs, shape.Outputs, planes);
        for (var k = 0; k < shape.Outputs; k++)
        {
            shifts[k] = biases is null ? 0 : TLanes.Widen(((T*)biases)[k]);
        }

        var threads = get_num_threads();
        var atOnce = TilesAtOnce(shape.Tiles, Math.Clamp(Cached / (Planes * shape.Inputs), ProductKernel.ManyRows, 8 * ProductKernel.ManyRows), threads);
        var parts = (shape.Tiles + atOnce - 1) / atOnce;
        Ranges.Split(parts, Math.Min(parts, 8 * threads), (_, start, end) =>
            Convolve((T*)input, stride, planes, shifts, relu, (T*)output, shape, start * atOnce, Math.Min(end * atOnce, shape.Tiles), atOnce));
    }

    /// <inheritdoc/>
    public override void Differentiate(byte* input, int inputStride, byte* gradient, int gradientStride, FilterMemory filters, ConvolutionShape shape)
    {
        var panels = WinogradFilters<T, TLanes>.Panels(shape.Outputs);
        var weight = (nint)panels * shape.Inputs * Columns;
        var parts = Scratch.OfCall(2 * WinogradTiles.Taps * weight);

        // Upper and lower half of the planes, and parts of the filters: each range goes through all tiles, so that sums are the same on any number of threads.
        var splits = Math.Min(panels, (get_num_threads() + 1) / 2);
        Ranges.Split(2 * splits, 2 * splits, (range, _, _) =>
        {
            var (half, split) = (range % 2, range / 2);
            var (first, end) = (panels * split / splits, panels * (split + 1) / splits);
            var rows = half * Winograd.Side / 2;
            Differentiate(
                (T*)input, inputStride, (T*)gradient, gradientStride, parts + (half * WinogradTiles.Taps * weight), weight, shape, rows..(rows + (Winograd.Side / 2)), first..end);
        });
        WinogradFilters<T, TLanes>.Add(parts, shape.Inputs, shape.Outputs, filters);
    }

    // As many as nearly fill the cache, and so that all threads have the same to do.
    private static int TilesAtOnce(int tiles, int most, int threads)
    {
        var parts = (tiles + most - 1) / most;
        parts = (parts + threads - 1) / threads * threads;
        return UpToRows((tiles + parts - 1) / parts);
    }

    private static int UpToRows(int tiles) => (tiles + ProductKernel.Rows - 1) / ProductKernel.Rows * ProductKernel.Rows;

    private static void Convolve(
        T* input, int stride, float* filters, float* biases, bool relu, T* output, ConvolutionShape shape, int firstTile, int endTile, int atOnce)
    {
        var (inputs, panels) = (shape.Inputs, WinogradFilters<T, TLanes>.Panels(shape.Outputs));
        var (inputPlane, outputPlane) = (((nint)atOnce * inputs) + Gap, ((nint)atOnce * PanelsAtOnce * Columns) + Gap);
        var transformed = Scratch.OfRange((Planes * (inputPlane + outputPlane)) + inputs + Columns);
        var products = transformed + (Planes * inputPlane);
        var nowhere = (T*)(products + (Planes * outputPlane));
        var zeros = nowhere + Columns;
        new Span<T>(zeros, inputs).Clear();
        var pixels = stackalloc T*[Planes];
        for (var first = firstTile; first < endTile; first += atOnce)
        {
            var count = Math.Min(atOnce, endTile - first);
            for (var tile = 0; tile < count; tile++)
            {
                shape.Locate(input, stride, first + tile, Winograd.Side, zeros, pixels);
                WinogradTiles.Input<T, TLanes>(pixels, inputs, transformed + (tile * inputs), inputPlane, 0..Winograd.Side);
            }

            for (var panel = 0; panel < panels; panel += PanelsAtOnce)
            {
                var wide = Math.Min(PanelsAtOnce, panels - panel);
                for (var i = 0; i < Planes * wide; i++)
                {
                    var (plane, p) = (i / wide, i % wide);
                    var filter = filters + ((((nint)plane * panels) + panel + p) * inputs * Columns);
                    var product = products + (plane * outputPlane) + (p * atOnce * Columns);
                    ProductKernel.Multiply(UpToRows(count), inputs, transformed + (plane * inputPlane), inputs, 1, filter, product, adds: false);
                }

                for (var i = 0; i < count * wide; i++)
                {
                    var (tile, p) = (i / wide, i % wide);
                    var channel = (panel + p) * Columns;
                    shape.Locate(output + channel, shape.Outputs, first + tile, Winograd.Tile, nowhere, pixels);
                    var product = products + (((p * atOnce) + tile) * Columns);
                    WinogradTiles.Output<T, TLanes>(product, outputPlane, pixels, Math.Min(Columns, shape.Outputs - channel), biases + channel, relu);
                }
            }
        }
    }

    private static void Differentiate(
        T* input, int inputStride, T* gradient, int gradientStride, float* weights, nint weight, ConvolutionShape shape, Range rows, Range panels)
    {
        const int Half = Planes / 2;
        var (firstPanel, wide) = (panels.Start.Value, panels.End.Value - panels.Start.Value);
        var (inputs, channels) = (shape.Inputs, Math.Min(shape.Outputs, panels.End.Value * Columns) - (firstPanel * Columns));
        var most = Math.Clamp(2 * Cached / (Half * (inputs + (wide * Columns))), 16, 64);
        var parts = (shape.Tiles + most - 1) / most;
        var atOnce = (shape.Tiles + parts - 1) / parts;
        var (inputPlane, gradientPlane) = (((nint)atOnce * inputs) + Gap, ((nint)atOnce * wide * Columns) + Gap);
        var filterPlane = ((nint)wide * inputs * Columns) + Gap;
        var transformed = Scratch.OfRange((Half * (inputPlane + gradientPlane + filterPlane)) + Math.Max(inputs, channels));
        var gradients = transformed + (Half * inputPlane);
        var sums = gradients + (Half * gradientPlane);
        var zeros = (T*)(sums + (Half * filterPlane));
        new Span<T>(zeros, Math.Max(inputs, channels)).Clear();
        new Span<float>(gradients, (int)(Half * gradientPlane)).Clear();
        var pixels = stackalloc T*[Planes];
        for (var first = 0; first < shape.Tiles; first += atOnce)
        {
            var count = Math.Min(atOnce, shape.Tiles - first);
            for (var tile = 0; tile < count; tile++)
            {
                shape.Locate(input, inputStride, first + tile, Winograd.Side, zeros, pixels);
                WinogradTiles.Input<T, TLanes>(pixels, inputs, transformed + (tile * inputs), inputPlane, rows);
                shape.Locate(gradient + (firstPanel * Columns), gradientStride, first + tile, Winograd.Tile, zeros, pixels);
                for (var p = 0; p < wide; p++)
                {
                    var place = gradients + ((((nint)p * atOnce) + tile) * Columns);
                    WinogradTiles.OutputGradient<T, TLanes>(pixels, p * Columns, Math.Min(Columns, channels - (p * Columns)), place, gradientPlane, rows);
                }
            }

            for (var i = 0; i < Half * wide; i++)
            {
                var (plane, p) = (i / wide, i % wide);
                var panel = gradients + (plane * gradientPlane) + ((nint)p * atOnce * Columns);
                var sum = sums + (plane * filterPlane) + ((nint)p * inputs * Columns);
                ProductKernel.Multiply(inputs, count, transformed + (plane * inputPlane), 1, inputs, panel, sum, adds: first > 0);
            }
        }

        for (var i = 0; i < wide * inputs; i++)
        {
            WinogradTiles.WeightGradient(sums + ((nint)i * Columns), filterPlane, rows, weights + ((((nint)firstPanel * inputs) + i) * Columns), weight);
        }
    }
}
