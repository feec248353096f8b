using Inception.Training;

namespace Inception.Tests.Samples;

/// <summary>Does something at each event.</summary>
internal sealed class Watcher(Action<TrainingEvent> action) : ITrainingCallback
{
    public TrainingRequests Observe(TrainingEvent value)
    {
        action(value);
        return TrainingRequests.None;
    }
}
