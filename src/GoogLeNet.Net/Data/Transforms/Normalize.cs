using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Inception.Data.Transforms;

/// <summary>Subtracts each channel's mean and divides by its deviation; the result is float32.</summary>
public sealed record Normalize : IBatchTransform
{
    /// <summary>A normalisation with one mean and one deviation for each channel, in the units of the images that come in.</summary>
    /// <param name="mean">Means, for example CIFAR-10's (125.307, 122.950, 113.865) for values 0–255.</param>
    /// <param name="deviation">Standard deviations, each more than 0; as many as means.</param>
    /// <exception cref="ArgumentException">The lists are empty or of different lengths, a number is not finite, or a deviation is not more than 0.</exception>
    public Normalize(ImmutableArray<double> mean, ImmutableArray<double> deviation)
    {
        if (mean.IsDefaultOrEmpty || deviation.IsDefault || mean.Length != deviation.Length
            || !mean.All(double.IsFinite) || !deviation.All(d => d > 0 && double.IsFinite(d)))
        {
            throw new ArgumentException("Normalize needs one finite mean and one finite deviation more than 0 for each channel.", nameof(deviation));
        }

        Mean = mean;
        Deviation = deviation;
    }

    /// <summary>Mean of each channel.</summary>
    public ImmutableArray<double> Mean { get; }

    /// <summary>Standard deviation of each channel.</summary>
    public ImmutableArray<double> Deviation { get; }

    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        if (images.shape[1] != Mean.Length)
        {
            throw new ArgumentException($"Normalize has {Mean.Length} channels; the images have {images.shape[1]}.", nameof(images));
        }

        using var mean = Channels(Mean, images.device);
        using var deviation = Channels(Deviation, images.device);
        using var floats = images.to(ScalarType.Float32);
        using var centred = floats.sub(mean);
        return centred.div(deviation);
    }

    /// <inheritdoc/>
    public bool Equals(Normalize? other) => other is not null && Mean.SequenceEqual(other.Mean) && Deviation.SequenceEqual(other.Deviation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mean.Length, Mean[0], Deviation[0]);

    private static Tensor Channels(ImmutableArray<double> values, Device device)
    {
        using var flat = tensor(values.Select(value => (float)value).ToArray(), device: device);
        return flat.view(1, -1, 1, 1);
    }
}
