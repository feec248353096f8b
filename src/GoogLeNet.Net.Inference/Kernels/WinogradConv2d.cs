namespace Inception.Kernels;

/// <summary>
/// 3×3 convolutions with stride 1 and padding 1 by Winograd's algorithm F(4×4, 3×3) (<see cref="WinogradTransform"/>): a quarter of the multiplications, in float32 whatever
/// the type in memory. An infinite or NaN input can make all outputs of its 4×4 tile NaN, not its neighbors alone.
/// </summary>
internal abstract unsafe class WinogradConv2d
{
    private static readonly WinogradConv2d Float32 = new WinogradConv2d<float, Float32Loader>();
    private static readonly WinogradConv2d BFloat16 = new WinogradConv2d<ushort, BFloat16Loader>();
    private static readonly bool LeavesBFloat16 = CpuFeatures.MultipliesBFloat16Faster;

    /// <summary>The kernel for a type.</summary>
    public static WinogradConv2d For(ElementType type) => type == ElementType.Float32 ? Float32 : BFloat16;

    /// <summary>Whether a number of input or output channels is supported: a multiple of four, of which the last panel of 32 fills two vectors at least.</summary>
    public static bool IsSupported(int channels)
    {
        var last = channels % GemmMicroKernel.NR;
        return channels % GemmMicroKernel.MR == 0 && (last == 0 || last >= TileTransform.Block);
    }

    /// <summary>
    /// Whether it beats libtorch's convolution. Transforming the filters must pay, which takes enough tiles and four times the filters' memory; and bfloat16 is left to
    /// processors that multiply it faster than float32.
    /// </summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="type">The type in memory.</param>
    public static bool IsFaster(Conv2dShape shape, ElementType type)
    {
        const int MaxFilters = 1 << 20; // 150 MB once transformed.
        const int MinPixels = 256;
        const int PixelsPerTile = 6; // What a tile costs, in pixels of libtorch's convolution.
        return shape.Pixels >= MinPixels + ((long)PixelsPerTile * shape.Tiles) && (long)shape.Inputs * shape.Outputs <= MaxFilters && (type == ElementType.Float32 || !LeavesBFloat16);
    }

    /// <summary>Numbers of float32 that packed filters and biases take.</summary>
    public static nint PackedSize(Conv2dShape shape) => (TileTransform.Planes * shape.FilterPlane) + (shape.Panels * GemmMicroKernel.NR);

    /// <summary>Packs biases at once and filters in the returned work: transformed, in panels of 32 filters.</summary>
    /// <param name="filters">(K, C, 3, 3).</param>
    /// <param name="biases">Address of (K) numbers, or 0 for none.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="packed">Receives <see cref="PackedSize"/> numbers.</param>
    public abstract ParallelWork PackFilters(FilterView filters, nint biases, Conv2dShape shape, float* packed);

    /// <summary>The convolution with packed filters, followed by ReLU if asked for.</summary>
    /// <param name="input">(N, H, W, C).</param>
    /// <param name="packed">What <see cref="PackFilters"/> made.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="output">(N, H, W, K).</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="threads">How many threads will do the work.</param>
    public abstract ParallelWork Forward(ImageView input, float* packed, bool relu, ImageView output, Conv2dShape shape, int threads);

    /// <summary>The convolution with filters that are packed for good.</summary>
    /// <param name="input">(N, H, W, C).</param>
    /// <param name="filters">The filters and biases.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="output">(N, H, W, K).</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="threads">How many threads will do the work.</param>
    public ParallelWork Forward(ImageView input, WinogradFilters filters, bool relu, ImageView output, Conv2dShape shape, int threads) =>
        Forward(input, filters.Packed, relu, output, shape, threads);

    /// <summary>The gradient of the filters.</summary>
    /// <param name="input">(N, H, W, C).</param>
    /// <param name="gradient">The output's, (N, H, W, K).</param>
    /// <param name="filters">Receives the filters' gradient.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="threads">Number of threads.</param>
    public abstract void WeightGradient(ImageView input, ImageView gradient, FilterView filters, Conv2dShape shape, int threads);

    /// <summary>Packs the filters and convolves.</summary>
    /// <param name="input">(N, H, W, C).</param>
    /// <param name="filters">(K, C, 3, 3).</param>
    /// <param name="biases">Address of (K) numbers, or 0 for none.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="output">(N, H, W, K).</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="threads">Number of threads.</param>
    public void Convolve(ImageView input, FilterView filters, nint biases, bool relu, ImageView output, Conv2dShape shape, int threads)
    {
        var packed = ScratchBuffer.Shared(PackedSize(shape));
        ParallelFor.Run(threads, PackFilters(filters, biases, shape, packed));
        ParallelFor.Run(threads, Forward(input, packed, relu, output, shape, threads));
    }
}

/// <summary><see cref="WinogradConv2d"/> for one type.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLoader">How it is read and written.</typeparam>
internal sealed unsafe class WinogradConv2d<T, TLoader> : WinogradConv2d where T : unmanaged where TLoader : IElementLoader<T>
{
    /// <inheritdoc/>
    public override ParallelWork PackFilters(FilterView filters, nint biases, Conv2dShape shape, float* packed)
    {
        var bias = packed + (TileTransform.Planes * shape.FilterPlane);
        for (var k = 0; k < shape.Outputs; k++)
        {
            bias[k] = biases == 0 ? 0 : TLoader.Widen(((T*)biases)[k]);
        }

        return FilterTransform<T, TLoader>.Transform(filters, shape, packed);
    }

    /// <inheritdoc/>
    public override ParallelWork Forward(ImageView input, float* packed, bool relu, ImageView output, Conv2dShape shape, int threads)
    {
        if (shape.Tiles <= WinogradWorker<T, TLoader>.MostTiles(shape))
        {
            // The filters are the larger part: each thread reads some of them, for all tiles.
            var (all, splits) = (WinogradWorker<T, TLoader>.TilesPerChunk(shape, threads: 1), Math.Clamp(shape.Panels / 2, 1, 2 * threads));
            return new(splits, split => new WinogradWorker<T, TLoader>(input, packed, relu, output, shape, all)
                .Run(0, shape.Tiles, shape.Panels * split / splits, shape.Panels * (split + 1) / splits));
        }

        var chunk = WinogradWorker<T, TLoader>.TilesPerChunk(shape, threads);
        var chunks = (shape.Tiles + chunk - 1) / chunk;
        return ParallelWork.OverRanges(chunks, Math.Min(chunks, 8 * threads), (_, start, end) =>
            new WinogradWorker<T, TLoader>(input, packed, relu, output, shape, chunk).Run(start * chunk, Math.Min(end * chunk, shape.Tiles), 0, shape.Panels));
    }

    /// <inheritdoc/>
    public override void WeightGradient(ImageView input, ImageView gradient, FilterView filters, Conv2dShape shape, int threads)
    {
        var weight = (nint)shape.Panels * shape.Inputs * GemmMicroKernel.NR;
        var halves = ScratchBuffer.Shared(2 * TileTransform.Taps * weight);

        // Upper and lower half of the planes, and parts of the filters. Each range goes through all tiles, so that sums are the same on any number of threads.
        var splits = Math.Min(shape.Panels, (threads + 1) / 2);
        ParallelFor.Run(threads, new ParallelWork(2 * splits, range =>
        {
            var (half, split) = (range % 2, range / 2);
            var (first, end) = (shape.Panels * split / splits, shape.Panels * (split + 1) / splits);
            new WinogradWeightGradient<T, TLoader>(input, gradient, shape, half, first, end - first).Run(halves + (half * TileTransform.Taps * weight));
        }));
        ParallelFor.Run(threads, FilterTransform<T, TLoader>.SumHalves(halves, shape, filters));
    }
}

/// <summary>A 3×3 convolution with stride 1 and padding 1, of images with channels last, (N, H, W, C), and its tiles of 4×4 outputs.</summary>
/// <param name="Images">N.</param>
/// <param name="Height">H, in pixels.</param>
/// <param name="Width">W.</param>
/// <param name="Inputs">Channels of the input.</param>
/// <param name="Outputs">Channels of the output.</param>
internal sealed record Conv2dShape(int Images, int Height, int Width, int Inputs, int Outputs)
{
    /// <summary>Pixels of all images.</summary>
    public int Pixels => Images * Height * Width;

    /// <summary>Tiles of all images; those at the lower and right edge may reach beyond.</summary>
    public int Tiles => Images * TileRows * TileColumns;

    /// <summary>How many panels of 32 the filters make; the last one may be filled up with zeros.</summary>
    public int Panels => (Outputs + GemmMicroKernel.NR - 1) / GemmMicroKernel.NR;

    /// <summary>Numbers from one plane of transformed filters to the next.</summary>
    public nint FilterPlane => ((nint)Panels * Inputs * GemmMicroKernel.NR) + TileTransform.Gap;

    private int TileRows => (Height + WinogradTransform.Tile - 1) / WinogradTransform.Tile;

    private int TileColumns => (Width + WinogradTransform.Tile - 1) / WinogradTransform.Tile;

    /// <summary>Where the pixels of a square in the image lie, row by row.</summary>
    /// <param name="images">The first pixel's first channel.</param>
    /// <param name="stride">Numbers from one pixel to the next.</param>
    /// <param name="tile">The tile's number.</param>
    /// <param name="side">Pixels along one side: <see cref="WinogradTransform.Tile"/>, or <see cref="WinogradTransform.Side"/> for the tile and one pixel around it.</param>
    /// <param name="outside">Taken for pixels outside the image.</param>
    /// <param name="pixels">Receives side · side addresses.</param>
    public unsafe void Locate<T>(T* images, nint stride, int tile, int side, T* outside, T** pixels) where T : unmanaged
    {
        var (rows, column) = Math.DivRem(tile, TileColumns);
        var (image, row) = Math.DivRem(rows, TileRows);
        var around = (side - WinogradTransform.Tile) / 2;
        var (top, left) = ((row * WinogradTransform.Tile) - around, (column * WinogradTransform.Tile) - around);
        for (var y = top; y < top + side; y++)
        {
            var line = images + ((((nint)image * Height) + y) * Width * stride);
            for (var x = left; x < left + side; x++)
            {
                *pixels++ = (uint)y < (uint)Height && (uint)x < (uint)Width ? line + (x * stride) : outside;
            }
        }
    }
}
