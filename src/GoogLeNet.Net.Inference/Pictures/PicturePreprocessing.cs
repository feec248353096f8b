using System.Text.Json;

namespace Inception.Pictures;

/// <summary>How decoded pictures become a network's input, as a model file says it: resized to the size of the training images, then the transforms of validation.</summary>
internal sealed class PicturePreprocessing
{
    private const long MaxPixels = 1 << 27;

    private readonly int height;
    private readonly int width;
    private readonly bool stretches;
    private readonly IReadOnlyList<Func<Images, Images>> transforms;

    private PicturePreprocessing(int height, int width, int channels, bool stretches, IReadOnlyList<Func<Images, Images>> transforms) =>
        (this.height, this.width, Channels, this.stretches, this.transforms) = (height, width, channels, stretches, transforms);

    /// <summary>Channels of a picture: 3 for RGB, 1 for gray.</summary>
    public int Channels { get; }

    /// <summary>Reads what a model file says.</summary>
    /// <param name="json">The file's text; null where it has none: pictures are then cut to the network's size and scaled to [0, 1].</param>
    /// <param name="inputSize">Height and width that the network is meant for.</param>
    /// <param name="inputChannels">Its channels.</param>
    /// <exception cref="NotSupportedException">It names a transform that is not computed here.</exception>
    /// <exception cref="JsonException">It is no preprocessing.</exception>
    public static PicturePreprocessing Parse(string? json, int inputSize, int inputChannels)
    {
        if (json is null)
        {
            return new(inputSize, inputSize, inputChannels, stretches: false, [ScaledToUnit]);
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var (height, channels) = (Number(root, "height") ?? inputSize, Number(root, "channels") ?? inputChannels);
            return new(
                height, Number(root, "width") ?? height, channels, root.TryGetProperty("fit", out var fit) && fit.GetString() == "stretch",
                [.. root.GetProperty("transforms").EnumerateArray().Select(transform => Transform(transform, channels))]);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <summary>Refuses what is no picture of that size, before any work.</summary>
    /// <param name="pixels">What was handed over.</param>
    /// <param name="count">Pictures that they should be.</param>
    /// <param name="width">Their width.</param>
    /// <param name="height">Their height.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the length does not fit.</exception>
    public void Check(ReadOnlySpan<byte> pixels, int count, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var size = (long)width * height;
        if (size > MaxPixels)
        {
            throw new ArgumentException($"A picture of {width}×{height} pixels is too large: {MaxPixels:N0} are the most.", nameof(width));
        }

        if (pixels.Length != count * size * Channels)
        {
            var hint = pixels.Length == count * size * 4 ? " They look like RGBA: leave the alpha out." : "";
            throw new ArgumentException(
                $"{count} picture{(count == 1 ? "" : "s")} of {width}×{height} pixels and {Channels} channels take {count * size * Channels:N0} bytes; there are {pixels.Length:N0}.{hint}", nameof(pixels));
        }
    }

    /// <summary>A network's input for some of several pictures of one size.</summary>
    /// <param name="pictures">(N, rows, columns, <see cref="Channels"/>), values 0 to 255.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="rows">Their height.</param>
    /// <param name="columns">Their width.</param>
    /// <param name="cancellationToken">Ends the work between two pictures.</param>
    public Images Apply(ReadOnlySpan<byte> pictures, int first, int count, int rows, int columns, CancellationToken cancellationToken)
    {
        var size = rows * columns * Channels;
        Images images = default;
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var image = Apply(pictures.Slice((first + i) * size, size), rows, columns);
            if (count == 1)
            {
                return image;
            }

            images = i == 0 ? image with { Numbers = new float[count * image.Numbers.Length], Count = count } : images;
            image.Numbers.CopyTo(images.Numbers, i * image.Numbers.Length);
        }

        return images;
    }

    private Images Apply(ReadOnlySpan<byte> picture, int rows, int columns)
    {
        var (vertical, horizontal) = PictureAxis.Of(rows, columns, height, width, stretches);
        var fitted = (rows, columns) == (height, width) ? picture : PictureResampling.Resize(picture, columns, Channels, vertical, horizontal, height, width);
        var numbers = new float[fitted.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = fitted[i];
        }

        return transforms.Aggregate(new Images(numbers, height, width, Channels), (image, transform) => transform(image));
    }

    private static int? Number(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        ? value.GetInt32() is > 0 and <= 1 << 14 and var size ? size : throw new JsonException($"{name} is {value}; it must be 1 to {1 << 14}.")
        : null;

    private static Func<Images, Images> Transform(JsonElement transform, int channels)
    {
        var name = transform.GetProperty("transform").GetString();
        switch (name)
        {
            case "scaleToUnit":
                return ScaledToUnit;
            case "normalize":
                var (mean, deviation) = (Numbers(transform, "mean"), Numbers(transform, "deviation"));
                return mean.Length == channels && deviation.Length == channels ? image => Normalized(image, mean, deviation)
                    : throw new JsonException($"it normalizes {mean.Length} channels; pictures have {channels}.");
            case "centerCrop":
                var size = Number(transform, "size") ?? throw new JsonException("centerCrop has no size.");
                return image => Middle(image, size);
            case "resize":
                var height = Number(transform, "size") ?? throw new JsonException("resize has no size.");
                var width = Number(transform, "width") ?? height;
                return image => Resized(image, height, width);
            default:
                throw new NotSupportedException($"it asks for the transform '{name}', which is not computed here: prepare the images yourself and take Logits");
        }
    }

    private static float[] Numbers(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(value => (float)value.GetDouble())];

    private static Images ScaledToUnit(Images image)
    {
        foreach (ref var value in image.Numbers.AsSpan())
        {
            value /= 255;
        }

        return image;
    }

    private static Images Normalized(Images image, float[] mean, float[] deviation)
    {
        for (var i = 0; i < image.Numbers.Length; i++)
        {
            image.Numbers[i] = (image.Numbers[i] - mean[i % mean.Length]) / deviation[i % mean.Length];
        }

        return image;
    }

    // With zeros around an image that is smaller; halves round to even, as torchvision does.
    private static Images Middle(Images image, int size)
    {
        var (height, width) = (Math.Max(image.Height, size), Math.Max(image.Width, size));
        var (above, before) = ((height - image.Height) / 2, (width - image.Width) / 2);
        var (top, left) = ((int)Math.Round((height - size) / 2.0) - above, (int)Math.Round((width - size) / 2.0) - before);
        var middle = new Images(new float[size * size * image.Channels], size, size, image.Channels);
        var (from, to) = (Math.Max(left, 0), Math.Min(left + size, image.Width));
        for (var row = Math.Max(0, -top); row < size && row + top < image.Height; row++)
        {
            image.Numbers.AsSpan((((row + top) * image.Width) + from) * image.Channels, (to - from) * image.Channels)
                .CopyTo(middle.Numbers.AsSpan(((row * size) + from - left) * image.Channels));
        }

        return middle;
    }

    // Bilinear with half-pixel centers and no antialiasing, as OpenCV's resize.
    private static Images Resized(Images image, int height, int width)
    {
        var (rows, columns) = (Axis(image.Height, height), Axis(image.Width, width));
        var resized = new Images(new float[height * width * image.Channels], height, width, image.Channels);
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
            {
                for (var c = 0; c < image.Channels; c++)
                {
                    float At(int y, int x) => image.Numbers[(((y * image.Width) + x) * image.Channels) + c];

                    var (y, x) = (rows[row], columns[column]);
                    var upper = ((1 - x.Share) * At(y.First, x.First)) + (x.Share * At(y.First, x.Second));
                    var lower = ((1 - x.Share) * At(y.Second, x.First)) + (x.Share * At(y.Second, x.Second));
                    resized.Numbers[(((row * width) + column) * image.Channels) + c] = ((1 - y.Share) * upper) + (y.Share * lower);
                }
            }
        }

        return resized;
    }

    // For each output pixel the two input pixels around it, and the share of the second one.
    private static (int First, int Second, float Share)[] Axis(int length, int count)
    {
        var scale = (float)length / count;
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var place = Math.Max((scale * (i + 0.5f)) - 0.5f, 0);
            var first = Math.Min((int)place, length - 1);
            return (first, Math.Min(first + 1, length - 1), Math.Min(place - first, 1));
        })];
    }

    /// <summary>Images of numbers.</summary>
    /// <param name="Numbers">(<paramref name="Count"/>, <paramref name="Height"/>, <paramref name="Width"/>, <paramref name="Channels"/>).</param>
    /// <param name="Height">Their height.</param>
    /// <param name="Width">Their width.</param>
    /// <param name="Channels">Their channels.</param>
    /// <param name="Count">How many.</param>
    public readonly record struct Images(float[] Numbers, int Height, int Width, int Channels, int Count = 1);
}
