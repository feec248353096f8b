namespace Inception;

/// <summary>A model file cannot be used. The message names the file and says what is wrong with it.</summary>
public abstract class ModelFileException : IOException
{
    private protected ModelFileException(string path, string message, Exception? inner = null)
        : base(message, inner) => Path = path;

    /// <summary>The file, as it was given to the reader.</summary>
    public string Path { get; }
}

/// <summary>A file is not a whole, valid safetensors file. The message names the file, the tensor and the offset.</summary>
public sealed class SafeTensorsException : ModelFileException
{
    internal SafeTensorsException(string fileName, string problem, string? tensorName = null, long? offset = null, Exception? inner = null)
        : base(fileName, Describe(fileName, problem, tensorName, offset), inner)
    {
        (TensorName, Offset) = (tensorName, offset);
    }

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
public sealed class UnknownModelException : ModelFileException
{
    internal UnknownModelException(string path, string reason, Exception? inner = null)
        : base(path, $"{path} {reason.TrimEnd('.')}.", inner)
    {
    }
}

/// <summary>A file is sound, but its tensors are not those of the network. The message names the keys concerned, of many the first; the report has all.</summary>
public sealed class WeightsException : ModelFileException
{
    internal WeightsException(string path, string network, WeightsReport report, string advice)
        : base(path, $"{path} does not fit the network {network}: {report}.{advice}") => Report = report;

    /// <summary>The missing, unexpected and misshapen keys.</summary>
    public WeightsReport Report { get; }
}

/// <summary>A file is a sound safetensors file, but not a checkpoint that a run can continue from.</summary>
public sealed class CheckpointException : ModelFileException
{
    internal CheckpointException(string path, string reason)
        : base(path, $"{path} {reason.TrimEnd('.')}.")
    {
    }
}
