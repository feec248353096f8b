using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Changes brightness, contrast, saturation and lighting of each image in random order; every step is clamped to [0, maximum]. The paper (section 6) found such distortions by Howard ("Some improvements on deep convolutional neural network based image
/// classification", 2013) useful; his factors are uniform in 0.5–1.5. Lighting noise is Krizhevsky, Sutskever and Hinton's (2012, section
/// 4.1): along ImageNet's principal components of color, as strong as their eigenvalues times a normal variate. For RGB images; the result
/// is float32.
/// </summary>
public sealed record PhotometricDistortion : IBatchTransform
{
    /// <summary>Creates a distortion.</summary>
    /// <param name="brightness">Half-width r of the range [1 − r, 1 + r] that factors are drawn from, 0 to 1; 0 changes nothing.</param>
    /// <param name="contrast">The same for the difference from the image's mean gray.</param>
    /// <param name="saturation">The same for the difference from each pixel's gray.</param>
    /// <param name="lighting">Standard deviation of the lighting noise, 0 or more; 0.1 in the source.</param>
    /// <param name="maximum">Largest value of the incoming images: 255, or 1 after <see cref="ScaleToUnit"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public PhotometricDistortion(
        double brightness = 0.5, double contrast = 0.5, double saturation = 0.5, double lighting = 0.1, double maximum = 255)
    {
        Brightness = Check.UnitInterval(brightness);
        Contrast = Check.UnitInterval(contrast);
        Saturation = Check.UnitInterval(saturation);
        Lighting = Check.NotNegative(lighting);
        Maximum = Check.Positive(maximum);
    }

    /// <summary>Range of the brightness factor about 1.</summary>
    public double Brightness { get; }

    /// <summary>Range of the contrast factor about 1.</summary>
    public double Contrast { get; }

    /// <summary>Range of the saturation factor about 1.</summary>
    public double Saturation { get; }

    /// <summary>Deviation of the lighting noise's variates.</summary>
    public double Lighting { get; }

    /// <summary>Largest value of an image.</summary>
    public double Maximum { get; }

    IBatchTransform? IBatchTransform.ForValidation => null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images have other than 3 channels.</exception>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        if (images.size(1) != ColorStep.Channels)
        {
            throw new ArgumentException($"PhotometricDistortion needs RGB images; these have {images.size(1)} channels.", nameof(images));
        }

        long batch = images.size(0), height = images.size(2), width = images.size(3);
        using var scope = NewDisposeScope();
        var samples = context.Samples.Select(sample => Decide(context, sample)).ToArray();
        var pixels = ChannelsLast.Pixels(images).to(ScalarType.Float32).view(batch, height * width, ColorStep.Channels);
        for (var step = 0; step < ColorStep.Count; step++)
        {
            pixels = ColorStep.Apply(pixels, [.. samples.Select(steps => steps[step])]).Clamp_(0, Maximum);
        }

        return ChannelsLast.Images(pixels.view(batch, height, width, ColorStep.Channels)).MoveToOuterDisposeScope();
    }

    /// <summary>The four steps of one sample in their order.</summary>
    internal ColorStep[] Decide(BatchContext context, long sample)
    {
        var draws = new SampleDraws(new CounterRandom(context.Seed, nameof(PhotometricDistortion), context.Epoch), sample);
        double Factor(double range) => draws.Uniform(1 - range, 1 + range);
        ColorStep[] steps =
        [
            ColorStep.Brightness(Factor(Brightness)),
            ColorStep.Contrast(Factor(Contrast)),
            ColorStep.Saturation(Factor(Saturation)),
            ColorStep.Lighting(Lighting * draws.Normal(), Lighting * draws.Normal(), Lighting * draws.Normal(), Maximum),
        ];
        return [.. draws.Order(ColorStep.Count).Select(i => steps[i])];
    }
}

/// <summary>
/// A change of an image's colors in the form that all four steps have: pixel ← factor · pixel + pixelGray · (the pixel's gray) +
/// imageGray · (the image's mean gray) + shift. So one formula changes a batch in which each image has a step of its own.
/// </summary>
internal readonly record struct ColorStep(double Factor, double PixelGray, double ImageGray, double Red, double Green, double Blue)
{
    /// <summary>Red, green and blue.</summary>
    public const int Channels = 3;

    /// <summary>Brightness, contrast, saturation and lighting.</summary>
    public const int Count = 4;

    // ITU-R BT.601 luma, PIL's and OpenCV's gray.
    private static readonly float[] Gray = [0.299f, 0.587f, 0.114f];

    // Principal components of ImageNet's RGB values in 0–1, a column for each, and their variances, as published with fb.resnet.torch.
    private static readonly double[,] Components =
    {
        { -0.5675, 0.7192, 0.4009 },
        { -0.5808, -0.0045, -0.8140 },
        { -0.5836, -0.6948, 0.4203 },
    };

    private static readonly double[] Variances = [0.2175, 0.0188, 0.0045];

    public static ColorStep Brightness(double factor) => new(factor, 0, 0, 0, 0, 0);

    public static ColorStep Contrast(double factor) => new(factor, 0, 1 - factor, 0, 0, 0);

    public static ColorStep Saturation(double factor) => new(factor, 1 - factor, 0, 0, 0, 0);

    /// <summary>Lighting noise of three variates in images whose largest value is <paramref name="maximum"/>.</summary>
    public static ColorStep Lighting(double first, double second, double third, double maximum)
    {
        double Shift(int channel) => maximum * ((Components[channel, 0] * Variances[0] * first)
            + (Components[channel, 1] * Variances[1] * second) + (Components[channel, 2] * Variances[2] * third));
        return new(1, 0, 0, Shift(0), Shift(1), Shift(2));
    }

    /// <summary>Changes each image by its own step.</summary>
    /// <param name="pixels">(N, H·W, 3), float32; left as it is.</param>
    /// <param name="steps">N steps.</param>
    /// <returns>(N, H·W, 3), in the caller's scope with what it took.</returns>
    public static Tensor Apply(Tensor pixels, ColorStep[] steps)
    {
        var gray = tensor(Gray, [Channels, 1]).SentTo(pixels.device);
        var imageGray = pixels.mean([1], keepdim: true).matmul(gray); // (N, 1, 1)
        var shifts = tensor([.. steps.SelectMany(step => step.Shift)], [steps.Length, 1, Channels]).SentTo(pixels.device);
        var contrasts = tensor([.. steps.Select(step => (float)step.ImageGray)], [steps.Length, 1, 1]).SentTo(pixels.device);
        var mixing = tensor([.. steps.SelectMany(step => step.Mixing)], [steps.Length, Channels, Channels]).SentTo(pixels.device);
        return pixels.matmul(mixing).Add_(imageGray.mul(contrasts).Plus(shifts));
    }

    private IEnumerable<float> Shift => [(float)Red, (float)Green, (float)Blue];

    // What each input channel (row) gives to each output channel (column).
    private IEnumerable<float> Mixing
    {
        get
        {
            for (var input = 0; input < Channels; input++)
            {
                for (var output = 0; output < Channels; output++)
                {
                    yield return (float)((input == output ? Factor : 0) + (PixelGray * Gray[input]));
                }
            }
        }
    }
}
