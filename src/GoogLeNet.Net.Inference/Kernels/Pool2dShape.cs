namespace Inception.Kernels;

/// <summary>A max pooling of images that lie channels last, (N, H, W, C). Every window reaches into the image.</summary>
/// <param name="Images">N.</param>
/// <param name="Height">H of the input, in pixels.</param>
/// <param name="Width">W of the input.</param>
/// <param name="Channels">C.</param>
/// <param name="Rows">H of the output.</param>
/// <param name="Columns">W of the output.</param>
/// <param name="Kernel">Height and width of a window.</param>
/// <param name="Stride">Pixels from one window to the next.</param>
/// <param name="Top">Rows that the first window begins above the image.</param>
/// <param name="Left">Columns that it begins left of it.</param>
internal sealed record Pool2dShape(int Images, int Height, int Width, int Channels, int Rows, int Columns, int Kernel, int Stride, int Top, int Left)
{
    /// <summary>Shape of the input, channels last.</summary>
    public long[] Input => [Images, Height, Width, Channels];

    /// <summary>Shape of the output, channels last.</summary>
    public long[] Output => [Images, Rows, Columns, Channels];

    /// <summary>The pixels of a window that lie in the image, along one axis.</summary>
    /// <param name="window">The window's number.</param>
    /// <param name="before">What the first window begins before the image.</param>
    /// <param name="size">The image's size.</param>
    public (int Start, int End) Pixels(int window, int before, int size)
    {
        var first = (window * Stride) - before;
        return (Math.Max(first, 0), Math.Min(first + Kernel, size));
    }

    /// <summary>The windows that a pixel lies in, along one axis.</summary>
    /// <param name="pixel">The pixel's number.</param>
    /// <param name="before">What the first window begins before the image.</param>
    /// <param name="count">How many windows there are.</param>
    public (int Start, int End) Windows(int pixel, int before, int count)
    {
        var padded = pixel + before;
        return (padded < Kernel ? 0 : ((padded - Kernel) / Stride) + 1, Math.Min((padded / Stride) + 1, count));
    }
}
