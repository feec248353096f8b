using Inception.Kernels;

namespace Inception.Graph;

/// <summary>Where the windows of a convolution or pooling lie along one axis.</summary>
/// <param name="Before">Pixels by which the first one starts before the image.</param>
/// <param name="Count">Number of windows: the output's size.</param>
internal readonly record struct Windows(int Before, int Count);

/// <summary>A step of a compiled network: an activation is computed from another one.</summary>
/// <param name="input">What it reads.</param>
/// <param name="output">What it writes.</param>
internal abstract class Step(Activation input, Activation output)
{
    /// <summary>What it reads.</summary>
    public Activation Input { get; } = input;

    /// <summary>What it writes.</summary>
    public Activation Output { get; } = output;

    /// <summary>Steps of one level do not depend on each other and run in one parallel region.</summary>
    public int Level { get; set; }

    /// <summary>Height or width of the output for an input of that size.</summary>
    public abstract int OutputSize(int size);

    /// <summary>The work.</summary>
    /// <param name="run">Images in memory.</param>
    public abstract ParallelWork Work(GraphRun run);
}

/// <summary>Images as the caller has them into the first activation.</summary>
internal sealed class InputStep(Activation image) : Step(image, image)
{
    /// <inheritdoc/>
    public override int OutputSize(int size) => size;

    /// <inheritdoc/>
    public override ParallelWork Work(GraphRun run)
    {
        var (height, width) = run.Size(Input);
        return ChannelsLastKernel.Work(run.Images, run.AreChannelsLast, run.View(Input).Address, run.Count, Input.Channels, height, width);
    }
}

/// <summary>A convolution, with ReLU or not: by Winograd's algorithm where that pays, otherwise as matrix products.</summary>
/// <param name="input">(N, H, W, C).</param>
/// <param name="output">(N, H', W', K).</param>
/// <param name="memory">Where more filters may be packed.</param>
/// <param name="filters">The filters.</param>
/// <param name="windows">Where the windows lie along an axis of a given size.</param>
/// <param name="stride">Pixels from one window to the next.</param>
/// <param name="relu">Whether ReLU follows.</param>
internal sealed class ConvStep(Activation input, Activation output, FilterMemory memory, PackedFilters filters, Func<int, Windows> windows, int stride, bool relu) : Step(input, output)
{
    private readonly Lazy<WinogradFilters>? winograd = IsWinograd(filters, stride) ? new(() => new(memory, filters)) : null;

    /// <inheritdoc/>
    public override int OutputSize(int size) => windows(size).Count;

    /// <inheritdoc/>
    public override ParallelWork Work(GraphRun run)
    {
        var (height, width) = run.Size(Input);
        var (rows, columns) = (windows(height), windows(width));
        if (winograd is not null && (rows, columns) == (new Windows(1, height), new Windows(1, width)))
        {
            var shape = new Conv2dShape(run.Count, height, width, filters.Inputs, filters.Outputs);
            if (HasEnoughTiles(shape))
            {
                return WinogradConv2d.For(ElementType.Float32).Forward(run.View(Input), winograd.Value, relu, run.View(Output), shape, run.Threads);
            }
        }

        return new Im2colConv2d(
            run.View(Input), filters, relu, run.View(Output), new(run.Count, height, width, rows.Count, columns.Count, stride, rows.Before, columns.Before)).Work(run.Threads);
    }

    // The filters are packed already, in four times the memory: as many tiles must share them as make it worth reading.
    private static bool HasEnoughTiles(Conv2dShape shape)
    {
        const int MinTiles = 16;
        const int PixelsPerTile = 8; // What the transforms of a tile cost.
        return shape.Tiles >= MinTiles && shape.Pixels >= (long)PixelsPerTile * shape.Tiles;
    }

    private static bool IsWinograd(PackedFilters filters, int stride) =>
        CpuFeatures.HasFusedMultiplyAdd && filters.Kernel == 3 && stride == 1 && filters.Inputs >= TileTransform.Block
        && WinogradConv2d.IsSupported(filters.Inputs) && WinogradConv2d.IsSupported(filters.Outputs);
}

/// <summary>Max pooling.</summary>
internal sealed class MaxPoolStep(Activation input, Activation output, int kernel, Func<int, Windows> windows, int stride) : Step(input, output)
{
    /// <inheritdoc/>
    public override int OutputSize(int size) => windows(size).Count;

    /// <inheritdoc/>
    public override ParallelWork Work(GraphRun run)
    {
        var (height, width) = run.Size(Input);
        var (rows, columns) = (windows(height), windows(width));
        return MaxPoolKernel.For(ElementType.Float32).Forward(
            run.View(Input).Address, run.View(Output).Address, 0,
            new(run.Count, height, width, Input.Channels, rows.Count, columns.Count, kernel, stride, rows.Before, columns.Before));
    }
}

/// <summary>Average pooling over windows inside the image.</summary>
internal sealed class AveragePoolStep(Activation input, Activation output, Func<int, (int Start, int End)[]> windows) : Step(input, output)
{
    /// <inheritdoc/>
    public override int OutputSize(int size) => windows(size).Length;

    /// <inheritdoc/>
    public override ParallelWork Work(GraphRun run)
    {
        var (height, width) = run.Size(Input);
        return AveragePoolKernel.Work(
            run.View(Input).Address, run.View(Output).Address, run.Count, height, width, Input.Channels, windows(height), windows(width));
    }
}

/// <summary>Local response normalization.</summary>
internal sealed class LocalResponseNormStep(Activation input, Activation output, LocalResponseNormSpec spec) : Step(input, output)
{
    private readonly LocalResponseNormKernel kernel = new(spec.Size, spec.Alpha, spec.Beta, spec.K);

    /// <inheritdoc/>
    public override int OutputSize(int size) => size;

    /// <inheritdoc/>
    public override ParallelWork Work(GraphRun run)
    {
        var (height, width) = run.Size(Input);
        return kernel.Work(run.View(Input).Address, run.View(Output).Address, run.Count * height * width, Input.Channels);
    }
}
