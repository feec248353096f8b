using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// A transform that cuts one window out of each image and resizes it to a square. As the first transform of a <see cref="BatchLoader"/> it sees each picture of a streamed
/// <see cref="ImageFolderDataset"/> in the picture's own size. A crop of your own says its size and its windows; the rest is done.
/// </summary>
public interface ICropTransform : IBatchTransform
{
    /// <summary>Height and width of the result in pixels.</summary>
    int Size { get; }

    /// <summary>Chooses the window for one image: a function of its arguments, called on several threads at once.</summary>
    /// <param name="context">Seed and epoch; <see cref="BatchContext.Uniform(string, long)"/> draws.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="height">Height of the image in pixels.</param>
    /// <param name="width">Width of the image in pixels.</param>
    /// <returns>A window within the image.</returns>
    CropWindow Window(BatchContext context, long sample, int height, int width);

    /// <inheritdoc/>
    Tensor IBatchTransform.Apply(Tensor images, BatchContext context) => CropWindow.Cut(this, images, context);
}

/// <summary>A part of an image in whole pixels, and how it is resized.</summary>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Height">Rows, at least 1.</param>
/// <param name="Width">Columns, at least 1.</param>
/// <param name="Interpolation">How pixels between pixels are computed.</param>
public readonly record struct CropWindow(int Top, int Left, int Height, int Width, Interpolation Interpolation = Interpolation.Bilinear)
{
    /// <summary>The windows of a batch as matrix products: float32 (N, C, size, size), channels last, in the units of the images; of uint8 images within 0 to 255.</summary>
    internal static Tensor Cut(ICropTransform crop, Tensor images, BatchContext context)
    {
        long batch = images.size(0), channels = images.size(1), height = images.size(2), width = images.size(3);
        var size = crop.Size;
        using var scope = NewDisposeScope();
        var (rows, columns) = Weights(crop, context, (int)height, (int)width, images.device);
        var pixels = ChannelsLast.Pixels(images).to(ScalarType.Float32);

        // Rows, then columns: (N, H, W·C) → (N, S, W·C) → (N, W, S·C) → (N, S, S·C).
        var shrunk = rows.matmul(pixels.view(batch, height, width * channels)).view(batch, size, width, channels);
        var turned = shrunk.permute(0, 2, 1, 3).reshape(batch, width, size * channels);
        var resized = columns.matmul(turned).view(batch, size, size, channels).permute(0, 2, 1, 3).contiguous();
        if (images.dtype == ScalarType.Byte)
        {
            resized.Clamp_(0, 255); // cubic weights overshoot
        }

        return ChannelsLast.Images(resized).MoveToOuterDisposeScope();
    }

    /// <summary>The window that a transform chooses.</summary>
    /// <exception cref="InvalidOperationException">It is not within the image.</exception>
    internal static CropWindow Of(ICropTransform crop, BatchContext context, long sample, int height, int width)
    {
        var window = crop.Window(context, sample, height, width);
        return window is { Top: >= 0, Left: >= 0, Height: > 0, Width: > 0 } && window.Top <= height - window.Height && window.Left <= width - window.Width
            ? window
            : throw new InvalidOperationException($"{crop.GetType().Name} chose {window}, which is not within an image of {width}×{height} pixels.");
    }

    private static (Tensor Rows, Tensor Columns) Weights(ICropTransform crop, BatchContext context, int height, int width, Device device)
    {
        var (batch, size) = (context.Samples.Count, crop.Size);
        var rows = new float[batch * size * height];
        var columns = new float[batch * size * width];
        for (var n = 0; n < batch; n++)
        {
            var window = Of(crop, context, context.Samples[n], height, width);
            new ResamplingWeights(rows.AsSpan(n * size * height, size * height), height, size, window.Top, window.Height).Write(window.Interpolation);
            new ResamplingWeights(columns.AsSpan(n * size * width, size * width), width, size, window.Left, window.Width).Write(window.Interpolation);
        }

        return (tensor(rows, [batch, size, height]).SentTo(device), tensor(columns, [batch, size, width]).SentTo(device));
    }
}

/// <summary>
/// Resampling of one axis as a matrix: row i holds the weights of the input pixels in output pixel i. Pixels beyond the crop count as its outermost
/// pixel.
/// </summary>
internal readonly ref struct ResamplingWeights
{
    private readonly Span<float> matrix;
    private readonly int inputs;
    private readonly int outputs;
    private readonly int start;
    private readonly int length;

    /// <summary>Weights for the crop of <paramref name="length"/> pixels from <paramref name="start"/>.</summary>
    /// <param name="matrix">outputs × inputs zeros, row by row.</param>
    /// <param name="inputs">Pixels of the whole axis.</param>
    /// <param name="outputs">Pixels of the result.</param>
    /// <param name="start">First pixel of the crop.</param>
    /// <param name="length">Pixels of the crop.</param>
    public ResamplingWeights(Span<float> matrix, int inputs, int outputs, int start, int length)
    {
        this.matrix = matrix;
        this.inputs = inputs;
        this.outputs = outputs;
        this.start = start;
        this.length = length;
    }

    /// <summary>Writes the weights.</summary>
    public void Write(Interpolation interpolation)
    {
        var scale = (double)length / outputs;
        for (var i = 0; i < outputs; i++)
        {
            switch (interpolation)
            {
                case Interpolation.Nearest:
                    Add(i, (int)((i + 0.5) * scale), 1);
                    break;
                case Interpolation.Area:
                    Area(i, scale);
                    break;
                default:
                    Convolve(i, ((i + 0.5) * scale) - 0.5, interpolation);
                    break;
            }
        }
    }

    private void Convolve(int row, double center, Interpolation interpolation)
    {
        var low = (int)Math.Floor(center);
        var fraction = center - low;
        if (interpolation == Interpolation.Bilinear)
        {
            Add(row, low, 1 - fraction);
            Add(row, low + 1, fraction);
            return;
        }

        for (var tap = -1; tap <= 2; tap++)
        {
            Add(row, low + tap, Cubic(Math.Abs(fraction - tap)));
        }
    }

    private void Area(int row, double scale)
    {
        double from = row * scale, to = (row + 1) * scale;
        for (var pixel = (int)from; pixel < to; pixel++)
        {
            Add(row, pixel, (Math.Min(to, pixel + 1) - Math.Max(from, pixel)) / scale);
        }
    }

    private void Add(int row, int pixel, double weight) =>
        matrix[(row * inputs) + start + Math.Clamp(pixel, 0, length - 1)] += (float)weight;

    // Keys, "Cubic convolution interpolation for digital image processing", 1981, with OpenCV's and PyTorch's a.
    private static double Cubic(double distance)
    {
        const double a = -0.75;
        return distance <= 1
            ? ((((a + 2) * distance) - (a + 3)) * distance * distance) + 1
            : ((((((distance - 5) * distance) + 8) * distance) - 4) * a);
    }
}
