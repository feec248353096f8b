namespace Inception.Training;

/// <summary>A file is a sound safetensors file, but not a checkpoint that this run can continue from.</summary>
/// <param name="path">The file.</param>
/// <param name="reason">What is wrong with it, as the end of a sentence that starts with the file's name.</param>
public sealed class CheckpointException(string path, string reason) : IOException($"{path} {reason}.")
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
