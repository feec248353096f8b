using System.Reflection;

namespace Inception.Serialization;

/// <summary>What this library's files of weights say about themselves, and which of a file's tensors are a network's.</summary>
internal static class WeightsFormat
{
    /// <summary>The metadata entry that names the format.</summary>
    public const string FormatKey = "format";

    /// <summary>Format of a network's weights alone.</summary>
    public const string Weights = "GoogLeNet.Net weights 1";

    /// <summary>Format of a training run: the network's weights and what training needs beside them.</summary>
    public const string Checkpoint = "GoogLeNet.Net checkpoint 1";

    /// <summary>In a checkpoint, the momentum of every parameter.</summary>
    public const string VelocityKey = "optimizer.velocity";

    /// <summary>In a checkpoint, AdamW's mean gradient of every parameter.</summary>
    public const string MeanKey = "optimizer.mean";

    /// <summary>In a checkpoint, AdamW's mean squared gradient of every parameter.</summary>
    public const string SquareKey = "optimizer.square";

    /// <summary>In a checkpoint, the steps that the optimizer has taken.</summary>
    public const string StepsKey = "optimizer.steps";

    /// <summary>In a checkpoint, the training metrics of the epoch so far.</summary>
    public const string MetricsKey = "epoch.metrics";

    // Tensors of a checkpoint that are the run's and not the network's begin with one of these.
    private static readonly string[] RunPrefixes = ["optimizer.", "epoch.", "best."];

    /// <summary>The metadata of a file of weights.</summary>
    /// <param name="configuration">The network's configuration.</param>
    public static Dictionary<string, string> Describe(string configuration) => new()
    {
        [FormatKey] = Weights,
        ["version"] = typeof(WeightsFormat).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        ["model"] = configuration,
    };

    /// <summary>The tensors of a file that are meant for a network.</summary>
    public static IEnumerable<SafeTensor> NetworkTensors(this SafeTensorsFile file)
    {
        var isCheckpoint = file.Metadata.GetValueOrDefault(FormatKey) == Checkpoint;
        return file.Tensors.Values.Where(tensor => !isCheckpoint || !RunPrefixes.Any(prefix => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)));
    }
}
