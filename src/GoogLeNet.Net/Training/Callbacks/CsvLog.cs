using System.Text;

namespace Inception.Training;

/// <summary>Keeps a CSV file of a run's epochs (<see cref="History.ToCsv"/>), written anew after each epoch, whole or not at all. A resumed run's file has the epochs before, too.</summary>
/// <param name="path">The file; one that exists is replaced after the first epoch.</param>
public sealed class CsvLog(string path) : ITrainingCallback
{
    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public TrainingRequests Observe(TrainingEvent value)
    {
        if (value is EpochEvent { History: var history })
        {
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(history.ToCsv())));
        }

        return TrainingRequests.None;
    }
}
