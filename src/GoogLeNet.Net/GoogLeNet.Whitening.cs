using static TorchSharp.torch;

namespace Inception;

public sealed partial class GoogLeNet : IDataDependentModel
{
    /// <summary>Whether the spec has a whitening whose filters were not computed yet; random ones stand in for them.</summary>
    public bool AwaitsImages => FirstWhitening is { IsFitted: false };

    private Whitening? FirstWhitening => trunk[0].Layer as Whitening;

    /// <summary>Computes the filters of the spec's whitening from training images. <see cref="Training.MultiHeadTrainer"/> does it by itself.</summary>
    /// <param name="images">(N, C, H, W), float32, as the network gets them when it is evaluated, on its device; some thousand do.</param>
    /// <exception cref="InvalidOperationException">The spec has no whitening.</exception>
    /// <exception cref="ArgumentException">The images do not fit the network, or are not all finite.</exception>
    public void FitTo(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var whitening = FirstWhitening ?? throw new InvalidOperationException($"'{Spec.Name}' has no whitening to compute from images.");
        CheckInput(images);
        using var finite = images.isfinite();
        using var all = finite.all();
#pragma warning disable RS0030 // Once, before training.
        if (!all.item<bool>())
#pragma warning restore RS0030
        {
            throw new ArgumentException("The images hold numbers that are not finite.", nameof(images));
        }

        whitening.Fit(images);
    }
}
