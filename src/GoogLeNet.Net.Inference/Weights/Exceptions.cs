namespace Inception;

/// <summary>A file is not a whole, valid safetensors file. The message names the file, the tensor and the offset.</summary>
public sealed class SafeTensorsException : IOException
{
    internal SafeTensorsException(string fileName, string problem, string? tensorName = null, long? offset = null, Exception? inner = null)
        : base(Describe(fileName, problem, tensorName, offset), inner)
    {
        (FileName, TensorName, Offset) = (fileName, tensorName, offset);
    }

    /// <summary>The file, as it was given to the reader.</summary>
    public string FileName { get; }

    /// <summary>The tensor concerned, or null where the problem is not one tensor's.</summary>
    public string? TensorName { get; }

    /// <summary>Byte in the file where the problem was seen, from 0, or null where it has no one place.</summary>
    public long? Offset { get; }

    private static string Describe(string file, string problem, string? tensor, long? offset)
    {
        string place = offset is null ? "" : $" (at byte {offset})";
        return tensor is null ? $"{file}: {problem}{place}" : $"{file}: tensor '{tensor}': {problem}{place}";
    }
}

/// <summary>A file is a sound safetensors file, but does not say which network its weights belong to, or how to use it.</summary>
public sealed class UnknownModelException : IOException
{
    internal UnknownModelException(string path, string reason, Exception? inner = null)
        : base($"{path} {reason.TrimEnd('.')}.", inner)
    {
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }
}

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
