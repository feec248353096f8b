namespace Inception.Tests.Samples;

/// <summary>What two checkpoints are compared by.</summary>
internal static class Checkpoints
{
    /// <summary>Every tensor's name and bytes; the metadata, which holds times, left out.</summary>
    public static Dictionary<string, string> TensorsOf(string path) =>
        SafeTensorsFile.Read(path).Tensors.ToDictionary(tensor => tensor.Key, tensor => Convert.ToHexString(tensor.Value.Data.Span));
}
