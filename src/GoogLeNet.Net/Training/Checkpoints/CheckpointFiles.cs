namespace Inception.Training;

/// <summary>Names of the files in a checkpoint folder.</summary>
public static class CheckpointFiles
{
    /// <summary>The newest state of the run.</summary>
    public const string Last = "last.safetensors";

    /// <summary>The state with the best validation accuracy of the main head; the newest one where there is no validation.</summary>
    public const string Best = "best.safetensors";
}
