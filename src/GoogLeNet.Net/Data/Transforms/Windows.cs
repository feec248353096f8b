using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Cuts a window out of each image of a batch, all of them with one copy.</summary>
internal static class Windows
{
    /// <summary>Cuts windows of one size.</summary>
    /// <param name="pixels">(N, H, W, C), contiguous, at the beginning of its memory.</param>
    /// <param name="top">First row of each image's window.</param>
    /// <param name="left">First column of each image's window.</param>
    /// <param name="height">Rows of a window.</param>
    /// <param name="width">Columns of a window.</param>
    /// <returns>(N, height, width, C), contiguous, in the caller's scope with what it took.</returns>
    public static Tensor Cut(Tensor pixels, int[] top, int[] left, long height, long width)
    {
        var shape = pixels.shape;
        long channels = shape[3], row = shape[2] * channels, plane = shape[1] * row;
        var starts = new long[top.Length];
        for (var n = 0; n < starts.Length; n++)
        {
            starts[n] = (n * plane) + (top[n] * row) + (left[n] * channels);
        }

        // Seen with a stride of one element, the batch is the list of the windows that start at each element.
        var places = (shape[0] * plane) - ((height - 1) * row) - (width * channels) + 1;
        var windows = pixels.as_strided([places, height, width * channels], [1, row, 1]);
        return windows.index_select(0, tensor(starts).SentTo(pixels.device)).view(shape[0], height, width, channels);
    }

    /// <summary>A place in 0 … <paramref name="places"/> − 1 for each sample.</summary>
    public static int[] Places(CounterRandom random, int places, IReadOnlyList<long> samples)
    {
        var chosen = new int[samples.Count];
        for (var i = 0; i < chosen.Length; i++)
        {
            chosen[i] = random.Below(places, samples[i]);
        }

        return chosen;
    }
}
