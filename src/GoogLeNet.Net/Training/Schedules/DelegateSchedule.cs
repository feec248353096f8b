using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inception.Training;

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
