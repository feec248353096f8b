using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inception.Training;

/// <summary>A step of a run.</summary>
/// <param name="Epoch">Epoch, counted from 0.</param>
/// <param name="Step">Step in the epoch, counted from 0.</param>
/// <param name="StepsPerEpoch">Steps in an epoch, at least 1.</param>
/// <param name="Epochs">Epochs of the whole run, at least 1.</param>
public readonly record struct TrainingPosition(int Epoch, int Step, int StepsPerEpoch, int Epochs)
{
    /// <summary>The fraction of the run before this step, in [0, 1).</summary>
    public double Fraction => EpochsDone / Epochs;

    /// <summary>The epochs before this step, with the fraction of the current one.</summary>
    public double EpochsDone => Epoch + (Step / (double)StepsPerEpoch);
}

/// <summary>
/// The learning rate as a pure function of the position in the run, so that a checkpoint needs no state of it. A schedule that also uses the finished
/// epochs is an <see cref="IHistorySchedule"/>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "schedule")]
[JsonDerivedType(typeof(ConstantRate), "constant")]
[JsonDerivedType(typeof(CosineDecay), "cosineDecay")]
[JsonDerivedType(typeof(CosineRestarts), "cosineRestarts")]
[JsonDerivedType(typeof(DelegateSchedule), "delegate")]
[JsonDerivedType(typeof(ExponentialDecay), "exponentialDecay")]
[JsonDerivedType(typeof(OneCycle), "oneCycle")]
[JsonDerivedType(typeof(PiecewiseLinear), "piecewiseLinear")]
[JsonDerivedType(typeof(PolynomialDecay), "polynomialDecay")]
[JsonDerivedType(typeof(ReduceOnPlateau), "reduceOnPlateau")]
[JsonDerivedType(typeof(Sequence), "sequence")]
[JsonDerivedType(typeof(StepDecay), "stepLR")]
[JsonDerivedType(typeof(TutorialStepDecay), "stepDecay")]
[JsonDerivedType(typeof(Triangular), "triangular")]
[JsonDerivedType(typeof(Warmup), "warmup")]
public interface ILearningRateSchedule
{
    /// <summary>The learning rate of the step at <paramref name="position"/>; finite, 0 or more.</summary>
    double At(TrainingPosition position);
}

/// <summary>
/// A schedule that also uses the finished epochs. It is a pure function of them, and checkpoints hold them, so that a resumed run goes on as if it had
/// never stopped.
/// </summary>
public interface IHistorySchedule : ILearningRateSchedule
{
    /// <summary>The learning rate of the step at <paramref name="position"/>; finite, 0 or more.</summary>
    /// <param name="position">The step.</param>
    /// <param name="history">The epochs of the run in order, at least those before the position's; later ones are ignored.</param>
    double At(TrainingPosition position, IReadOnlyList<EpochRecord> history);
}

/// <summary>One call for schedules with and without history.</summary>
internal static class HistoryScheduleExtensions
{
    public static double RateAt(this ILearningRateSchedule schedule, TrainingPosition position, IReadOnlyList<EpochRecord> history) =>
        schedule is IHistorySchedule withHistory ? withHistory.At(position, history) : schedule.At(position);
}

/// <summary>Interpolation between two rates as a weighted mean, which rounding cannot make negative.</summary>
internal static class Curves
{
    /// <summary>Half a cosine, flat at both ends. <paramref name="fraction"/> of the way in [0, 1].</summary>
    public static double Cosine(double from, double to, double fraction)
    {
        var left = (1 + Math.Cos(Math.PI * fraction)) / 2;
        return (left * from) + ((1 - left) * to);
    }

    /// <summary>A straight line. <paramref name="fraction"/> of the way in [0, 1].</summary>
    public static double Lerp(double from, double to, double fraction) => ((1 - fraction) * from) + (fraction * to);
}

/// <summary>
/// Any function of the position in the run. JSON holds only its name and cannot be read back; a checkpoint cannot tell two functions of the same name apart.
/// </summary>
public sealed record DelegateSchedule : ILearningRateSchedule
{
    /// <summary>A schedule by a function.</summary>
    /// <param name="rate">The rate at a position, finite and 0 or more; pure, or a resumed run goes another way.</param>
    /// <param name="name">What the function is, not empty.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public DelegateSchedule(Func<TrainingPosition, double> rate, string name)
    {
        ArgumentNullException.ThrowIfNull(rate);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Rate = rate;
        Name = name;
    }

    [JsonConstructor]
    internal DelegateSchedule(string name) =>
        throw new JsonException($"The schedule '{name}' is a function, which JSON cannot hold; construct it in code.");

    /// <summary>The function.</summary>
    [JsonIgnore]
    public Func<TrainingPosition, double> Rate { get; }

    /// <summary>What the function is.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The function returned no finite number of 0 or more.</exception>
    public double At(TrainingPosition position)
    {
        var rate = Rate(position);
        return rate >= 0 && double.IsFinite(rate) ? rate : throw new InvalidOperationException(FormattableString.Invariant(
            $"The schedule '{Name}' returned {rate} in epoch {position.Epoch + 1}, step {position.Step + 1}; it must return a finite number, 0 or more."));
    }
}
