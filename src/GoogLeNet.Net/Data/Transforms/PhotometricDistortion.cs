using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Changes brightness, contrast, saturation and lighting of each image, one after another in random order, each step kept within 0 and the
/// maximum. The paper (section 6) found such distortions by Howard ("Some improvements on deep convolutional neural network based image
/// classification", 2013) useful; his factors are uniform in 0.5–1.5. Lighting noise is Krizhevsky, Sutskever and Hinton's (2012, section
/// 4.1): along ImageNet's principal components of colour, as strong as their eigenvalues times a normal variate. For RGB images; the result
/// is float32.
/// </summary>
public sealed record PhotometricDistortion : IBatchTransform
{
    /// <summary>A distortion of colours.</summary>
    /// <param name="brightness">Factors are uniform in 1 ± this; 0 to 1, where 0 leaves brightness alone.</param>
    /// <param name="contrast">The same for the difference to the image's mean grey.</param>
    /// <param name="saturation">The same for the difference to each pixel's grey.</param>
    /// <param name="lighting">Deviation of the normal variates of the lighting noise, 0 or more; 0.1 in the source.</param>
    /// <param name="maximum">Largest value of the images that come in: 255, or 1 after <see cref="ScaleToUnit"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public PhotometricDistortion(
        double brightness = 0.5, double contrast = 0.5, double saturation = 0.5, double lighting = 0.1, double maximum = 255)
    {
        Brightness = Check.Share(brightness);
        Contrast = Check.Share(contrast);
        Saturation = Check.Share(saturation);
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

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images have other than 3 channels.</exception>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        if (images.shape[1] != ColourStep.Channels)
        {
            throw new ArgumentException($"PhotometricDistortion needs RGB images; these have {images.shape[1]} channels.", nameof(images));
        }

        long batch = images.shape[0], height = images.shape[2], width = images.shape[3];
        using var scope = NewDisposeScope();
        var samples = context.Samples.Select(sample => Decide(context, sample)).ToArray();
        var pixels = ChannelsLast.Pixels(images).to(ScalarType.Float32).view(batch, height * width, ColourStep.Channels);
        for (var step = 0; step < ColourStep.Count; step++)
        {
            pixels = ColourStep.Apply(pixels, [.. samples.Select(steps => steps[step])]).clamp_(0, Maximum);
        }

        return ChannelsLast.Images(pixels.view(batch, height, width, ColourStep.Channels)).MoveToOuterDisposeScope();
    }

    /// <summary>The four steps of one sample in their order.</summary>
    internal ColourStep[] Decide(BatchContext context, long sample)
    {
        var draws = new SampleDraws(new CounterRandom(context.Seed, nameof(PhotometricDistortion), context.Epoch), sample);
        double Factor(double range) => draws.Uniform(1 - range, 1 + range);
        ColourStep[] steps =
        [
            ColourStep.Brightness(Factor(Brightness)),
            ColourStep.Contrast(Factor(Contrast)),
            ColourStep.Saturation(Factor(Saturation)),
            ColourStep.Lighting(Lighting * draws.Normal(), Lighting * draws.Normal(), Lighting * draws.Normal(), Maximum),
        ];
        return [.. draws.Order(ColourStep.Count).Select(i => steps[i])];
    }
}
