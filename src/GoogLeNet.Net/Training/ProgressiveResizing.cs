namespace Inception.Training;

/// <summary>A part of the run with smaller training images.</summary>
/// <param name="Size">Their height and width in pixels, at least 1.</param>
/// <param name="Until">Fraction of the run, in (0, 1], at which the next stage begins.</param>
public sealed record ResizingStage(int Size, double Until);

/// <summary>
/// Training images that grow during the run, so that early steps cost less (Howard 2018; Touvron et al. 2019). They are resized after all transforms and mixup,
/// bilinearly with antialiasing; after the last stage they keep the size that the transforms give them.
/// </summary>
public sealed record ProgressiveResizing
{
    /// <summary>Creates the stages.</summary>
    /// <param name="stages">At least one, each with a later end than the one before.</param>
    /// <exception cref="ArgumentException">There is no stage, or a size or an end is out of range or order.</exception>
    public ProgressiveResizing(IReadOnlyList<ResizingStage> stages)
    {
        ArgumentNullException.ThrowIfNull(stages);
        var before = 0.0;
        foreach (var stage in stages)
        {
            Check.AtLeast(1, stage.Size, nameof(ResizingStage.Size));
            if (!(stage.Until > before && stage.Until <= 1))
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"A stage's Until is {stage.Until}; it must be more than {before}, where the stage begins, and at most 1."), nameof(stages));
            }

            before = stage.Until;
        }

        Stages = stages.Count > 0 ? [.. stages] : throw new ArgumentException("ProgressiveResizing needs at least one stage.", nameof(stages));
    }

    /// <summary>The stages in order.</summary>
    public IReadOnlyList<ResizingStage> Stages { get; }

    /// <summary>Whether the other has the same stages.</summary>
    public bool Equals(ProgressiveResizing? other) => other is not null && Stages.SequenceEqual(other.Stages);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Stages.Count, Stages[0]);

    /// <summary>The size of images at a fraction of the run; null for that of the transforms.</summary>
    public int? SizeAt(double fraction) => Stages.FirstOrDefault(stage => fraction < stage.Until)?.Size;
}
