using Inception.Training;

namespace Cifar10Training.Runs;

/// <summary>Passes each event to several listeners, in order and on the training thread.</summary>
internal sealed class EventFan(params IProgress<TrainingEvent>[] listeners) : IProgress<TrainingEvent>
{
    public void Report(TrainingEvent value)
    {
        foreach (var listener in listeners)
        {
            listener.Report(value);
        }
    }
}
