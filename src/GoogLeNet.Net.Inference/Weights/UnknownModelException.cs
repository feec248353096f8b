namespace Inception;

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
