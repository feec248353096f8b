using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>The work for the gradient of some panels of filters on one thread, for half of the planes: sums over all tiles, some at a time.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLoader">How it is read.</typeparam>
/// <param name="input">(N, H, W, C).</param>
/// <param name="gradient">The output's, (N, H, W, K).</param>
/// <param name="shape">The convolution.</param>
/// <param name="half">0 for the upper three rows of planes, 1 for the lower ones.</param>
/// <param name="firstPanel">The first panel.</param>
/// <param name="panels">How many.</param>
[SkipLocalsInit]
internal sealed unsafe class WinogradWeightGradient<T, TLoader>(
    ImageView input, ImageView gradient, Conv2dShape shape, int half, int firstPanel, int panels)
    where T : unmanaged where TLoader : IElementLoader<T>
{
    private const int NR = GemmMicroKernel.NR;
    private const int Planes = TileTransform.Planes / 2;

    // Numbers of transformed tiles and gradients, a megabyte.
    private const int Cached = 1 << 18;

    private const int MinTiles = 16;
    private const int MaxTiles = 64;

    private readonly int chunk = TilesPerChunk(shape, panels);
    private readonly Range rows = (half * WinogradTransform.Side / 2)..((half + 1) * WinogradTransform.Side / 2);

    /// <summary>Sums the gradients of the panels' weights.</summary>
    /// <param name="weights">Receives them at their places in (9, panels, C, 32).</param>
    public void Run(float* weights)
    {
        var (tilePlane, gradientPlane) = (((nint)chunk * shape.Inputs) + TileTransform.Gap, ((nint)chunk * panels * NR) + TileTransform.Gap);
        var sumPlane = ((nint)panels * shape.Inputs * NR) + TileTransform.Gap;
        var outside = Math.Max(shape.Inputs, panels * NR);
        var tiles = ScratchBuffer.PerWorker((Planes * (tilePlane + gradientPlane + sumPlane)) + outside);
        var gradients = tiles + (Planes * tilePlane);
        var sums = gradients + (Planes * gradientPlane);
        var zeros = (T*)(sums + (Planes * sumPlane));
        new Span<T>(zeros, outside).Clear();

        // What lies beyond the filters in the last panel stays 0.
        new Span<float>(gradients, checked((int)(Planes * gradientPlane))).Clear();
        for (var first = 0; first < shape.Tiles; first += chunk)
        {
            var count = Math.Min(chunk, shape.Tiles - first);
            Transform(first, count, zeros, tiles, tilePlane, gradients, gradientPlane);
            Multiply(count, tiles, tilePlane, gradients, gradientPlane, sums, sumPlane, adds: first > 0);
        }

        for (var i = 0; i < panels * shape.Inputs; i++)
        {
            var place = weights + ((((nint)firstPanel * shape.Inputs) + i) * NR);
            TileTransform.WeightGradient(sums + ((nint)i * NR), sumPlane, rows, place, (nint)shape.Panels * shape.Inputs * NR);
        }
    }

    private static int TilesPerChunk(Conv2dShape shape, int panels)
    {
        var most = Math.Clamp(Cached / (Planes * (shape.Inputs + (panels * NR))), MinTiles, MaxTiles);
        var parts = (shape.Tiles + most - 1) / most;
        return (shape.Tiles + parts - 1) / parts;
    }

    private void Transform(int first, int count, T* zeros, float* tiles, nint tilePlane, float* gradients, nint gradientPlane)
    {
        var pixels = stackalloc T*[TileTransform.Planes];
        for (var tile = 0; tile < count; tile++)
        {
            shape.Locate((T*)input.Address, input.PixelStride, first + tile, WinogradTransform.Side, zeros, pixels);
            TileTransform.Input<T, TLoader>(pixels, shape.Inputs, tiles + ((nint)tile * shape.Inputs), tilePlane, rows);
            shape.Locate((T*)gradient.Address + (firstPanel * NR), gradient.PixelStride, first + tile, WinogradTransform.Tile, zeros, pixels);
            for (var p = 0; p < panels; p++)
            {
                var channels = Math.Min(NR, shape.Outputs - ((firstPanel + p) * NR));
                var place = gradients + ((((nint)p * chunk) + tile) * NR);
                TileTransform.OutputGradient<T, TLoader>(pixels, p * NR, channels, place, gradientPlane, rows);
            }
        }
    }

    private void Multiply(int depth, float* tiles, nint tilePlane, float* gradients, nint gradientPlane, float* sums, nint sumPlane, bool adds)
    {
        for (var plane = 0; plane < Planes; plane++)
        {
            for (var p = 0; p < panels; p++)
            {
                var panel = gradients + (plane * gradientPlane) + ((nint)p * chunk * NR);
                var sum = sums + (plane * sumPlane) + ((nint)p * shape.Inputs * NR);
                GemmMicroKernel.Multiply(shape.Inputs, depth, tiles + (plane * tilePlane), 1, shape.Inputs, panel, NR, sum, adds);
            }
        }
    }
}
