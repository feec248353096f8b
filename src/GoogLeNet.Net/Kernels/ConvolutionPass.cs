using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>A convolution's work on one thread: tiles are transformed, multiplied and transformed back, some at a time.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLanes">How it is read and written.</typeparam>
/// <param name="input">(N, H, W, C).</param>
/// <param name="stride">Numbers from one of its pixels to the next.</param>
/// <param name="filters">(36, panels, C, 32), transformed.</param>
/// <param name="biases">One for each output channel.</param>
/// <param name="relu">Whether outputs below 0 become 0.</param>
/// <param name="output">(N, H, W, K).</param>
/// <param name="outputStride">Numbers from one of its pixels to the next.</param>
/// <param name="shape">The convolution.</param>
/// <param name="atOnce">Tiles taken at once.</param>
[SkipLocalsInit]
internal sealed unsafe class ConvolutionPass<T, TLanes>(
    T* input, int stride, float* filters, float* biases, bool relu, T* output, int outputStride, ConvolutionShape shape, int atOnce)
    where T : unmanaged where TLanes : ILanes<T>
{
    private const int Columns = ProductKernel.Columns;
    private const int Planes = WinogradTiles.Planes;

    // Numbers of transformed tiles, half a megabyte: what a core's second cache holds beside products and filters.
    private const int Cached = 1 << 17;

    // Panels of products that are transformed back while they are in the cache.
    private const int PanelsAtOnce = 2;

    // Numbers from one plane to the next, of transformed tiles and of products.
    private readonly nint tilePlane = ((nint)atOnce * shape.Inputs) + WinogradTiles.Gap;
    private readonly nint productPlane = ((nint)atOnce * PanelsAtOnce * Columns) + WinogradTiles.Gap;

    /// <summary>How many tiles to take at once: as many as nearly fill the cache, and so that all threads have the same to do.</summary>
    public static int TilesAtOnce(ConvolutionShape shape, int threads)
    {
        var most = Math.Clamp(Cached / (Planes * shape.Inputs), ProductKernel.ManyRows, 8 * ProductKernel.ManyRows);
        var parts = (shape.Tiles + most - 1) / most;
        parts = (parts + threads - 1) / threads * threads;
        return Rows((shape.Tiles + parts - 1) / parts);
    }

    /// <summary>Computes the outputs of some tiles.</summary>
    /// <param name="firstTile">The first one.</param>
    /// <param name="endTile">The one behind the last.</param>
    public void Run(int firstTile, int endTile)
    {
        var tiles = Scratch.OfRange((Planes * (tilePlane + productPlane)) + shape.Inputs + Columns);
        var products = tiles + (Planes * tilePlane);
        var nowhere = (T*)(products + (Planes * productPlane));
        var zeros = nowhere + Columns;
        new Span<T>(zeros, shape.Inputs).Clear();
        for (var first = firstTile; first < endTile; first += atOnce)
        {
            var count = Math.Min(atOnce, endTile - first);
            TransformInputs(first, count, zeros, tiles);
            for (var panel = 0; panel < shape.Panels; panel += PanelsAtOnce)
            {
                var panels = Math.Min(PanelsAtOnce, shape.Panels - panel);
                Multiply(tiles, Rows(count), panel, panels, products);
                TransformOutputs(products, first, count, panel, panels, nowhere);
            }
        }
    }

    // As many rows as the product takes.
    private static int Rows(int tiles) => (tiles + ProductKernel.Rows - 1) / ProductKernel.Rows * ProductKernel.Rows;

    private void TransformInputs(int first, int count, T* zeros, float* tiles)
    {
        var pixels = stackalloc T*[Planes];
        for (var tile = 0; tile < count; tile++)
        {
            shape.Locate(input, stride, first + tile, Winograd.Side, zeros, pixels);
            WinogradTiles.Input<T, TLanes>(pixels, shape.Inputs, tiles + ((nint)tile * shape.Inputs), tilePlane, 0..Winograd.Side);
        }
    }

    private void Multiply(float* tiles, int rows, int panel, int panels, float* products)
    {
        for (var plane = 0; plane < Planes; plane++)
        {
            for (var p = 0; p < panels; p++)
            {
                var filter = filters + (plane * shape.FilterPlane) + ((nint)(panel + p) * shape.Inputs * Columns);
                var product = products + (plane * productPlane) + ((nint)p * atOnce * Columns);
                ProductKernel.Multiply(rows, shape.Inputs, tiles + (plane * tilePlane), shape.Inputs, 1, filter, Columns, product, adds: false);
            }
        }
    }

    private void TransformOutputs(float* products, int first, int count, int panel, int panels, T* nowhere)
    {
        var pixels = stackalloc T*[Winograd.Tile * Winograd.Tile];
        for (var tile = 0; tile < count; tile++)
        {
            for (var p = 0; p < panels; p++)
            {
                var channel = (panel + p) * Columns;
                shape.Locate(output + channel, outputStride, first + tile, Winograd.Tile, nowhere, pixels);
                var product = products + ((((nint)p * atOnce) + tile) * Columns);
                WinogradTiles.Output<T, TLanes>(product, productPlane, pixels, Math.Min(Columns, shape.Outputs - channel), biases + channel, relu);
            }
        }
    }
}
