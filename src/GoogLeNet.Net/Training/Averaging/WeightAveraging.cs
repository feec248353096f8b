using System.Text.Json.Serialization;

namespace Inception.Training;

/// <summary>
/// An average of the weights after each step, evaluated and saved beside the weights themselves. Floating-point buffers, the running
/// statistics of batch normalisation, are averaged alike, so that they belong to weights near the average; counters are not.
/// </summary>
/// <remarks>
/// This is what timm's ModelEmaV2 and torch's AveragedModel with <c>use_buffers</c> do. Statistics gathered anew from training images with the
/// averaged weights, as torch's <c>update_bn</c> gathers them, fit still better, at the price of a pass over the images.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "averaging")]
[JsonDerivedType(typeof(PolyakAverage), "polyak")]
[JsonDerivedType(typeof(ExponentialAverage), "exponential")]
public abstract record WeightAveraging
{
    /// <summary>Whether the weights after a step belong to the average.</summary>
    /// <param name="fraction">The share of the run that lies before the step, in [0, 1).</param>
    internal virtual bool Includes(double fraction) => true;

    /// <summary>The share of the newest weights in the average, in (0, 1].</summary>
    /// <param name="count">How many weights the average is of without them, at least 1.</param>
    internal abstract double ShareOfNewest(long count);
}
