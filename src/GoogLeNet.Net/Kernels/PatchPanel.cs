namespace Inception.Kernels;

/// <summary>Some of a convolution's filters, as many as <see cref="ProductKernel"/> takes at once, and where their outputs go.</summary>
/// <param name="filter">The first one's number.</param>
/// <param name="output">The first pixel's first output.</param>
/// <param name="stride">Numbers from one of its pixels to the next.</param>
internal readonly unsafe struct PatchPanel(int filter, float* output, int stride)
{
    /// <summary>The first filter's number.</summary>
    public readonly int Filter = filter;

    /// <summary>The first pixel's first output.</summary>
    public readonly float* Output = output;

    /// <summary>Numbers from one of its pixels to the next.</summary>
    public readonly int Stride = stride;

    /// <summary>
    /// Panels that fill images with outputs, the first filters' into the first ones and so on. The last panel of an image takes some of the one before once more where filters
    /// do not fill it: two threads may write the same numbers to the same place.
    /// </summary>
    /// <param name="outputs">As many channels as filters in all, 32 at least in each.</param>
    public static PatchPanel[] Of(ReadOnlySpan<ChannelsMemory> outputs)
    {
        var (panels, first) = (new List<PatchPanel>(), 0);
        foreach (var images in outputs)
        {
            for (var next = 0; next < images.Channels; next += ProductKernel.Columns)
            {
                var channel = Math.Min(next, images.Channels - ProductKernel.Columns);
                panels.Add(new PatchPanel(first + channel, (float*)images.First + channel, images.Stride));
            }

            first += images.Channels;
        }

        return [.. panels];
    }
}
