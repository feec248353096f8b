namespace Inception.Data;

/// <summary>A place that the record files can be fetched from.</summary>
internal interface IDataSource
{
    /// <summary>How messages call it.</summary>
    string Name { get; }

    /// <summary>Writes the record files into <paramref name="target"/>, which exists and is empty. The caller verifies them.</summary>
    /// <param name="target">Folder for the record files.</param>
    /// <param name="work">Folder for anything else; what stays there under a name ending in <c>.part</c> may be used next time.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    /// <exception cref="DatasetException">The source failed; the message is a short reason.</exception>
    Task FetchAsync(string target, string work, CancellationToken cancellationToken);
}
