namespace Inception.Training;

/// <summary>What a callback may ask of the run; the run decides when.</summary>
[Flags]
public enum TrainingRequests
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Write <c>last.safetensors</c> now; without a checkpoint folder, nothing happens.</summary>
    Save = 1,

    /// <summary>End the run after the step at hand, or after the epoch where that has ended; its state is saved first.</summary>
    Stop = 2,
}

/// <summary>
/// Observes a run, and may ask for something. It is called on the training thread after every event, every single step included, and never
/// reaches into the loop. For watching alone, an <see cref="IProgress{T}"/> of <see cref="TrainingEvent"/> is enough and is spared most steps.
/// </summary>
public interface ITrainingCallback
{
    /// <summary>Called after each event of the run.</summary>
    /// <param name="value">What happened. Reading a <see cref="StepEvent"/>'s metrics waits for the device: seldom is better.</param>
    /// <returns>What the callback asks for.</returns>
    TrainingRequests Observe(TrainingEvent value);
}
