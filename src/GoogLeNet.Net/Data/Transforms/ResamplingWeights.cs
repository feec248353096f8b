namespace Inception.Data;

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
