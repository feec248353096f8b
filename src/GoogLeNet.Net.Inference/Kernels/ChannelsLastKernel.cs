namespace Inception.Kernels;

/// <summary>Copies images into memory with channels last.</summary>
internal static unsafe class ChannelsLastKernel
{
    /// <summary>The work.</summary>
    /// <param name="images">Address of (N, C, H, W), or (N, H, W, C).</param>
    /// <param name="areChannelsLast">Which of the two.</param>
    /// <param name="output">Address of (N, H, W, C).</param>
    /// <param name="count">N.</param>
    /// <param name="channels">C.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public static ParallelWork Work(nint images, bool areChannelsLast, nint output, int count, int channels, int height, int width)
    {
        float* from = (float*)images, to = (float*)output;
        nint plane = (nint)height * width;
        return ParallelWork.OverItems(count * height, channels * width, row =>
        {
            var target = to + ((nint)row * width * channels);
            if (areChannelsLast)
            {
                new ReadOnlySpan<float>(from + ((nint)row * width * channels), width * channels).CopyTo(new Span<float>(target, width * channels));
                return;
            }

            var (image, y) = Math.DivRem(row, height);
            for (var channel = 0; channel < channels; channel++)
            {
                var source = from + ((((nint)image * channels) + channel) * plane) + ((nint)y * width);
                for (var x = 0; x < width; x++)
                {
                    target[((nint)x * channels) + channel] = source[x];
                }
            }
        });
    }
}
