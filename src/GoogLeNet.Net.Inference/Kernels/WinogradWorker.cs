using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>A convolution's work on one thread: tiles are transformed, multiplied and transformed back, as many at a time as a core's cache holds.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLoader">How it is read and written.</typeparam>
/// <param name="input">(N, H, W, C).</param>
/// <param name="packed">Filters, (36, panels, C, 32), and biases behind them.</param>
/// <param name="relu">Whether ReLU follows.</param>
/// <param name="output">(N, H, W, K).</param>
/// <param name="shape">The convolution.</param>
/// <param name="chunk">Tiles taken at once.</param>
[SkipLocalsInit]
internal sealed unsafe class WinogradWorker<T, TLoader>(
    ImageView input, float* packed, bool relu, ImageView output, Conv2dShape shape, int chunk)
    where T : unmanaged where TLoader : IElementLoader<T>
{
    private const int NR = GemmMicroKernel.NR;
    private const int Planes = TileTransform.Planes;

    // Numbers of transformed tiles, half a megabyte: what a core's second cache holds beside products and filters.
    private const int Cached = 1 << 17;

    private const int MinTiles = 12;
    private const int MaxTiles = 96;

    // Panels of products that are transformed back while they are in the cache.
    private const int PanelsPerChunk = 2;

    private readonly float* biases = packed + (Planes * shape.FilterPlane);

    // Numbers from one plane to the next, of transformed tiles and of products.
    private readonly nint tilePlane = ((nint)chunk * shape.Inputs) + TileTransform.Gap;
    private readonly nint productPlane = ((nint)chunk * PanelsPerChunk * NR) + TileTransform.Gap;

    /// <summary>How many tiles nearly fill the cache.</summary>
    public static int MostTiles(Conv2dShape shape) => Math.Clamp(Cached / (Planes * shape.Inputs), MinTiles, MaxTiles);

    /// <summary>How many tiles to take at once: as many as nearly fill the cache, and so that all threads have the same to do.</summary>
    public static int TilesPerChunk(Conv2dShape shape, int threads)
    {
        var most = MostTiles(shape);
        var parts = (shape.Tiles + most - 1) / most;
        parts = (parts + threads - 1) / threads * threads;
        return Rows((shape.Tiles + parts - 1) / parts);
    }

    /// <summary>Computes outputs of some tiles.</summary>
    /// <param name="firstTile">The first one.</param>
    /// <param name="endTile">The one behind the last.</param>
    /// <param name="firstPanel">The first panel of filters.</param>
    /// <param name="endPanel">The one behind the last.</param>
    public void Run(int firstTile, int endTile, int firstPanel, int endPanel)
    {
        var tiles = ScratchBuffer.PerWorker((Planes * (tilePlane + productPlane)) + shape.Inputs + NR);
        var products = tiles + (Planes * tilePlane);
        var discard = (T*)(products + (Planes * productPlane));
        var zeros = discard + NR;
        new Span<T>(zeros, shape.Inputs).Clear();
        for (var first = firstTile; first < endTile; first += chunk)
        {
            var count = Math.Min(chunk, endTile - first);
            TransformInputs(first, count, zeros, tiles);
            for (var panel = firstPanel; panel < endPanel; panel += PanelsPerChunk)
            {
                var panels = Math.Min(PanelsPerChunk, endPanel - panel);
                Multiply(tiles, Rows(count), panel, panels, products);
                TransformOutputs(products, first, count, panel, panels, discard);
            }
        }
    }

    // As many rows as the product takes.
    private static int Rows(int tiles) => (tiles + GemmMicroKernel.MR - 1) / GemmMicroKernel.MR * GemmMicroKernel.MR;

    private void TransformInputs(int first, int count, T* zeros, float* tiles)
    {
        var pixels = stackalloc T*[Planes];
        for (var tile = 0; tile < count; tile++)
        {
            shape.Locate((T*)input.Address, input.PixelStride, first + tile, WinogradTransform.Side, zeros, pixels);
            TileTransform.Input<T, TLoader>(pixels, shape.Inputs, tiles + ((nint)tile * shape.Inputs), tilePlane, 0..WinogradTransform.Side);
        }
    }

    private void Multiply(float* tiles, int rows, int panel, int panels, float* products)
    {
        for (var plane = 0; plane < Planes; plane++)
        {
            for (var p = 0; p < panels; p++)
            {
                var filter = packed + (plane * shape.FilterPlane) + ((nint)(panel + p) * shape.Inputs * NR);
                var product = products + (plane * productPlane) + ((nint)p * chunk * NR);
                GemmMicroKernel.Multiply(rows, shape.Inputs, tiles + (plane * tilePlane), shape.Inputs, 1, filter, NR, product, adds: false);
            }
        }
    }

    private void TransformOutputs(float* products, int first, int count, int panel, int panels, T* discard)
    {
        var pixels = stackalloc T*[WinogradTransform.Tile * WinogradTransform.Tile];
        for (var tile = 0; tile < count; tile++)
        {
            for (var p = 0; p < panels; p++)
            {
                var channel = (panel + p) * NR;
                shape.Locate((T*)output.Address + channel, output.PixelStride, first + tile, WinogradTransform.Tile, discard, pixels);
                var product = products + ((((nint)p * chunk) + tile) * NR);
                TileTransform.Output<T, TLoader>(product, productPlane, pixels, Math.Min(NR, shape.Outputs - channel), biases + channel, relu);
            }
        }
    }
}
