namespace Inception.Training;

/// <summary>Keeps a CSV file of a run's epochs (<see cref="History.ToCsv"/>), written anew after each epoch, whole or not at all. A resumed run's file has the epochs before, too.</summary>
public sealed class CsvLog : ITrainingCallback
{
    private readonly string path;

    /// <summary>A log in a file.</summary>
    /// <param name="path">The file; one that exists is replaced after the first epoch. Its folder is made where it does not exist.</param>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be made.</exception>
    public CsvLog(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        this.path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(this.path)!);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public TrainingRequests Observe(TrainingEvent value)
    {
        if (value is EpochEvent { History: var history })
        {
            AtomicFile.Write(path, history.ToCsv());
        }

        return TrainingRequests.None;
    }
}
