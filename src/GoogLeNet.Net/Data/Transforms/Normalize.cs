using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Subtracts each channel's mean and divides by its deviation; the result is float32.</summary>
public sealed record Normalize : IBatchTransform
{
    /// <summary>Creates a normalization with one mean and one deviation for each channel, in the units of the incoming images.</summary>
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
        if (images.size(1) != Mean.Length)
        {
            throw new ArgumentException($"Normalize has {Mean.Length} channels; the images have {images.size(1)}.", nameof(images));
        }

        using var scope = NewDisposeScope();
        var pixels = ChannelsLast.Pixels(images);
        var shape = pixels.shape;
        var rows = pixels.to(ScalarType.Float32, copy: true).view(shape[0] * shape[1], shape[2] * shape[3]);
        rows.sub_(Row(Mean, shape[2], images.device)).div_(Row(Deviation, shape[2], images.device));
        return ChannelsLast.Images(rows.view(shape)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public bool Equals(Normalize? other) => other is not null && Mean.SequenceEqual(other.Mean) && Deviation.SequenceEqual(other.Deviation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mean.Length, Mean[0], Deviation[0]);

    // The values repeated for a whole row of pixels: broadcasting three numbers is ten times slower.
    private static Tensor Row(ImmutableArray<double> values, long width, Device device)
    {
        var row = new float[width * values.Length];
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = (float)values[i % values.Length];
        }

        return tensor(row).SentTo(device);
    }
}

/// <summary>Divides by 255: uint8 0–255 becomes float32 0–1.</summary>
public sealed record ScaleToUnit : IBatchTransform
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context) => images.to(ScalarType.Float32, copy: true).Divide_(255);
}
