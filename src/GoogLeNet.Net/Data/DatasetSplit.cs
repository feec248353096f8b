namespace Inception.Data;

/// <summary>Two disjoint parts that make up a data set. Disposing it disposes both.</summary>
/// <param name="Train">To train on.</param>
/// <param name="Validation">To choose by.</param>
public sealed record DatasetSplit(TensorDataset Train, TensorDataset Validation) : IDisposable
{
    /// <summary>Disposes both parts.</summary>
    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
    }
}
