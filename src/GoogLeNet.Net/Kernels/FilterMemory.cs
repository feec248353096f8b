using static TorchSharp.torch;

namespace Inception.Kernels;

/// <summary>Where the weights of 3×3 filters lie.</summary>
/// <param name="First">Address of the first filter's upper left weight for the first input channel.</param>
/// <param name="Output">Numbers from one filter to the next.</param>
/// <param name="Input">Numbers from one input channel to the next.</param>
/// <param name="Tap">Numbers from one of the nine weights to the next, row by row.</param>
internal readonly record struct FilterMemory(nint First, nint Output, nint Input, nint Tap)
{
    /// <summary>Of filters that lie as <see cref="KernelInput.Filters"/> has them.</summary>
    /// <param name="dense">(K, C, 3, 3), or (K, 3, 3, C) where channels lie last, or (3, 3, C, K) where filters do.</param>
    /// <param name="first">Its address.</param>
    public static FilterMemory Of(Tensor dense, nint first)
    {
        var sizes = dense.shape;
        if (sizes[0] == Winograd.Filter)
        {
            return new(first, 1, (nint)sizes[3], (nint)(sizes[2] * sizes[3]));
        }

        var channelsLast = sizes[3] != Winograd.Filter || sizes[2] != Winograd.Filter;
        return channelsLast ? new(first, (nint)(WinogradTiles.Taps * sizes[3]), 1, (nint)sizes[3]) : new(first, (nint)(WinogradTiles.Taps * sizes[1]), WinogradTiles.Taps, 1);
    }

    /// <summary>The filters that make the input's gradient of the output's: turned by 180°, inputs and outputs exchanged.</summary>
    /// <param name="size">Bytes of a number.</param>
    public FilterMemory Reversed(int size) => new(First + ((WinogradTiles.Taps - 1) * Tap * size), Input, Output, -Tap);
}
