using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// One change of an image's colours, in the form that all of them have: pixel ← factor · pixel + pixelGrey · (the pixel's grey) +
/// imageGrey · (the image's mean grey) + shift. So one formula changes a batch in which each image has a step of its own.
/// </summary>
internal readonly record struct ColourStep(double Factor, double PixelGrey, double ImageGrey, double Red, double Green, double Blue)
{
    /// <summary>Red, green and blue.</summary>
    public const int Channels = 3;

    /// <summary>Brightness, contrast, saturation and lighting.</summary>
    public const int Count = 4;

    // ITU-R BT.601 luma, PIL's and OpenCV's grey.
    private static readonly float[] Grey = [0.299f, 0.587f, 0.114f];

    // Principal components of ImageNet's RGB values in 0–1, a column for each, and their variances, as published with fb.resnet.torch.
    private static readonly double[,] Components =
    {
        { -0.5675, 0.7192, 0.4009 },
        { -0.5808, -0.0045, -0.8140 },
        { -0.5836, -0.6948, 0.4203 },
    };

    private static readonly double[] Variances = [0.2175, 0.0188, 0.0045];

    public static ColourStep Brightness(double factor) => new(factor, 0, 0, 0, 0, 0);

    public static ColourStep Contrast(double factor) => new(factor, 0, 1 - factor, 0, 0, 0);

    public static ColourStep Saturation(double factor) => new(factor, 1 - factor, 0, 0, 0, 0);

    /// <summary>Lighting noise of three variates in images whose largest value is <paramref name="maximum"/>.</summary>
    public static ColourStep Lighting(double first, double second, double third, double maximum)
    {
        double Shift(int channel) => maximum * ((Components[channel, 0] * Variances[0] * first)
            + (Components[channel, 1] * Variances[1] * second) + (Components[channel, 2] * Variances[2] * third));
        return new(1, 0, 0, Shift(0), Shift(1), Shift(2));
    }

    /// <summary>Changes each image by its own step.</summary>
    /// <param name="pixels">(N, H·W, 3), float32; left as it is.</param>
    /// <param name="steps">N steps.</param>
    /// <returns>(N, H·W, 3), in the caller's scope with what it took.</returns>
    public static Tensor Apply(Tensor pixels, ColourStep[] steps)
    {
        var grey = tensor(Grey, [Channels, 1]).SentTo(pixels.device);
        var imageGrey = pixels.mean([1], keepdim: true).matmul(grey); // (N, 1, 1)
        var shifts = tensor([.. steps.SelectMany(step => step.Shift)], [steps.Length, 1, Channels]).SentTo(pixels.device);
        var shares = tensor([.. steps.Select(step => (float)step.ImageGrey)], [steps.Length, 1, 1]).SentTo(pixels.device);
        var mixing = tensor([.. steps.SelectMany(step => step.Mixing)], [steps.Length, Channels, Channels]).SentTo(pixels.device);
        return pixels.matmul(mixing).add_(imageGrey.mul(shares).add(shifts));
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
                    yield return (float)((input == output ? Factor : 0) + (PixelGrey * Grey[input]));
                }
            }
        }
    }
}
