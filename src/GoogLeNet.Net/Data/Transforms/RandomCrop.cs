using static TorchSharp.torch;

namespace Inception.Data.Transforms;

/// <summary>Pads with zeros on all sides and cuts a window of the original size at a random place: a translation of up to the padding.</summary>
public sealed record RandomCrop : IBatchTransform
{
    /// <summary>A crop after padding.</summary>
    /// <param name="padding">Zeros on each side in pixels, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The padding is less than 1.</exception>
    public RandomCrop(int padding) => Padding = Check.AtLeast(1, padding);

    /// <summary>Zeros on each side in pixels; offsets are uniform in 0 … 2 · padding on each axis.</summary>
    public int Padding { get; }

    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        long channels = images.shape[1], height = images.shape[2], width = images.shape[3], batch = context.Samples.Count;
        using var scope = NewDisposeScope();
        var padded = nn.functional.pad(images, (Padding, Padding, Padding, Padding));

        // The window's rows, then its columns: (N, C, H + 2p, W + 2p) → (N, C, H, W + 2p) → (N, C, H, W).
        var rows = Window("rows", height, context, images.device).view(batch, 1, height, 1).expand(batch, channels, height, width + (2 * Padding));
        var columns = Window("columns", width, context, images.device).view(batch, 1, 1, width).expand(batch, channels, height, width);
        return padded.gather(2, rows).gather(3, columns).MoveToOuterDisposeScope();
    }

    private Tensor Window(string axis, long length, BatchContext context, Device device)
    {
        var random = new CounterRandom(context.Seed, $"{nameof(RandomCrop)}.{axis}", context.Epoch);
        var positions = new long[context.Samples.Count * length];
        for (var i = 0; i < context.Samples.Count; i++)
        {
            var offset = random.Below((2 * Padding) + 1, context.Samples[i]);
            for (var j = 0; j < length; j++)
            {
                positions[(i * length) + j] = offset + j;
            }
        }

        return tensor(positions, device: device);
    }
}
