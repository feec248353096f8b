using Inception.Training;

namespace Inception.Tests.Samples;

/// <summary>Calls back on the training thread, as the trainer promises; System.Progress would post to the pool.</summary>
internal sealed class Watcher(Action<TrainingEvent> action) : IProgress<TrainingEvent>
{
    public void Report(TrainingEvent value) => action(value);
}
