using System.Collections.Immutable;

namespace Inception.Evaluation;

/// <summary>Images whose predictions are about equally confident: one bar of a reliability diagram.</summary>
/// <param name="From">Confidence above this; in the first bin also this itself.</param>
/// <param name="To">Confidence up to this.</param>
/// <param name="Images">Images in the bin.</param>
/// <param name="Confidence">Their mean confidence; 0 in an empty bin.</param>
/// <param name="Accuracy">Fraction of them that is classified correctly; 0 in an empty bin.</param>
public sealed record CalibrationBin(double From, double To, long Images, double Confidence, double Accuracy);

/// <summary>How well the confidence of predictions agrees with their accuracy (Guo et al., 2017, arXiv:1706.04599, section 2).</summary>
public sealed class Calibration
{
    /// <summary>A calibration.</summary>
    /// <param name="expectedError">The expected calibration error.</param>
    /// <param name="bins">Bins of equal width from 0 to 1.</param>
    public Calibration(double expectedError, ImmutableArray<CalibrationBin> bins) => (ExpectedError, Bins) = (expectedError, bins);

    /// <summary>
    /// Expected calibration error (ECE): the mean over all images of |accuracy − confidence| of their bin, in [0, 1]; 0 where predictions made
    /// with confidence p are right with probability p.
    /// </summary>
    public double ExpectedError { get; }

    /// <summary>Bins of equal width from 0 to 1.</summary>
    public ImmutableArray<CalibrationBin> Bins { get; }

    internal static Calibration Measure(IEnumerable<(double Confidence, bool Correct)> predictions, int bins)
    {
        // Averaged probabilities may exceed 1 by rounding.
        var members = predictions.ToLookup(prediction => Math.Clamp((int)Math.Ceiling(prediction.Confidence * bins) - 1, 0, bins - 1));
        ImmutableArray<CalibrationBin> all = [.. Enumerable.Range(0, bins).Select(bin => Bin(bin, bins, [.. members[bin]]))];
        var images = all.Sum(bin => bin.Images);
        return new Calibration(all.Sum(bin => bin.Images * Math.Abs(bin.Accuracy - bin.Confidence)) / images, all);
    }

    private static CalibrationBin Bin(int index, int bins, IReadOnlyList<(double Confidence, bool Correct)> members) => new(
        index / (double)bins,
        (index + 1) / (double)bins,
        members.Count,
        members.Count == 0 ? 0 : members.Average(member => member.Confidence),
        members.Count == 0 ? 0 : members.Count(member => member.Correct) / (double)members.Count);
}
