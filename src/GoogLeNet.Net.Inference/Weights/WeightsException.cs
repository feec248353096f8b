namespace Inception;

/// <summary>A file is a sound safetensors file, but its tensors are not those of the network. The message names every key concerned.</summary>
public sealed class WeightsException : IOException
{
    internal WeightsException(string path, string network, WeightsReport report, string advice)
        : base($"{path} does not fit the network {network}: {report}.{advice}")
    {
        (Path, Report) = (path, report);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The missing, unexpected and misshapen keys.</summary>
    public WeightsReport Report { get; }
}
