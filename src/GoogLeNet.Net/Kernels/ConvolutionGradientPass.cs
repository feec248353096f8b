using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>The work for the gradient of some panels of filters on one thread, for half of the planes: sums over all tiles, some at a time.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLanes">How it is read.</typeparam>
/// <param name="input">(N, H, W, C).</param>
/// <param name="inputStride">Numbers from one of its pixels to the next.</param>
/// <param name="gradient">The output's, (N, H, W, K).</param>
/// <param name="gradientStride">Numbers from one of its pixels to the next.</param>
/// <param name="shape">The convolution.</param>
/// <param name="half">0 for the upper three rows of planes, 1 for the lower ones.</param>
/// <param name="firstPanel">The first panel.</param>
/// <param name="panels">How many.</param>
[SkipLocalsInit]
internal sealed unsafe class ConvolutionGradientPass<T, TLanes>(
    T* input, int inputStride, T* gradient, int gradientStride, ConvolutionShape shape, int half, int firstPanel, int panels)
    where T : unmanaged where TLanes : ILanes<T>
{
    private const int Columns = ProductKernel.Columns;
    private const int Planes = WinogradTiles.Planes / 2;

    // Numbers of transformed tiles and gradients, a megabyte.
    private const int Cached = 1 << 18;

    private const int FewestTiles = 16;
    private const int MostTiles = 64;

    private readonly int atOnce = TilesAtOnce(shape, panels);
    private readonly Range rows = (half * Winograd.Side / 2)..((half + 1) * Winograd.Side / 2);

    /// <summary>Sums the gradients of the panels' weights.</summary>
    /// <param name="weights">Receives them at their places in (9, panels, C, 32).</param>
    public void Run(float* weights)
    {
        var (tilePlane, gradientPlane) = (((nint)atOnce * shape.Inputs) + WinogradTiles.Gap, ((nint)atOnce * panels * Columns) + WinogradTiles.Gap);
        var sumPlane = ((nint)panels * shape.Inputs * Columns) + WinogradTiles.Gap;
        var outside = Math.Max(shape.Inputs, panels * Columns);
        var tiles = Scratch.OfRange((Planes * (tilePlane + gradientPlane + sumPlane)) + outside);
        var gradients = tiles + (Planes * tilePlane);
        var sums = gradients + (Planes * gradientPlane);
        var zeros = (T*)(sums + (Planes * sumPlane));
        new Span<T>(zeros, outside).Clear();

        // What lies beyond the filters in the last panel stays 0.
        new Span<float>(gradients, checked((int)(Planes * gradientPlane))).Clear();
        for (var first = 0; first < shape.Tiles; first += atOnce)
        {
            var count = Math.Min(atOnce, shape.Tiles - first);
            Transform(first, count, zeros, tiles, tilePlane, gradients, gradientPlane);
            Multiply(count, tiles, tilePlane, gradients, gradientPlane, sums, sumPlane, adds: first > 0);
        }

        for (var i = 0; i < panels * shape.Inputs; i++)
        {
            var place = weights + ((((nint)firstPanel * shape.Inputs) + i) * Columns);
            WinogradTiles.WeightGradient(sums + ((nint)i * Columns), sumPlane, rows, place, (nint)shape.Panels * shape.Inputs * Columns);
        }
    }

    private static int TilesAtOnce(ConvolutionShape shape, int panels)
    {
        var most = Math.Clamp(Cached / (Planes * (shape.Inputs + (panels * Columns))), FewestTiles, MostTiles);
        var parts = (shape.Tiles + most - 1) / most;
        return (shape.Tiles + parts - 1) / parts;
    }

    private void Transform(int first, int count, T* zeros, float* tiles, nint tilePlane, float* gradients, nint gradientPlane)
    {
        var pixels = stackalloc T*[WinogradTiles.Planes];
        for (var tile = 0; tile < count; tile++)
        {
            shape.Locate(input, inputStride, first + tile, Winograd.Side, zeros, pixels);
            WinogradTiles.Input<T, TLanes>(pixels, shape.Inputs, tiles + ((nint)tile * shape.Inputs), tilePlane, rows);
            shape.Locate(gradient + (firstPanel * Columns), gradientStride, first + tile, Winograd.Tile, zeros, pixels);
            for (var p = 0; p < panels; p++)
            {
                var channels = Math.Min(Columns, shape.Outputs - ((firstPanel + p) * Columns));
                var place = gradients + ((((nint)p * atOnce) + tile) * Columns);
                WinogradTiles.OutputGradient<T, TLanes>(pixels, p * Columns, channels, place, gradientPlane, rows);
            }
        }
    }

    private void Multiply(int depth, float* tiles, nint tilePlane, float* gradients, nint gradientPlane, float* sums, nint sumPlane, bool adds)
    {
        for (var plane = 0; plane < Planes; plane++)
        {
            for (var p = 0; p < panels; p++)
            {
                var panel = gradients + (plane * gradientPlane) + ((nint)p * atOnce * Columns);
                var sum = sums + (plane * sumPlane) + ((nint)p * shape.Inputs * Columns);
                ProductKernel.Multiply(shape.Inputs, depth, tiles + (plane * tilePlane), 1, shape.Inputs, panel, Columns, sum, adds);
            }
        }
    }
}
