using System.Reflection;

namespace Inception.Serialization;

/// <summary>What this library's files of weights say about themselves, and which of a file's tensors are a network's.</summary>
internal static class WeightsFormat
{
    /// <summary>The metadata entry that names the format.</summary>
    public const string FormatKey = "format";

    /// <summary>The metadata entry that describes the network.</summary>
    public const string ModelKey = "model";

    /// <summary>Format of a network's weights alone.</summary>
    public const string Weights = "GoogLeNet.Net weights 1";

    /// <summary>Format of a training run: the network's weights and what training needs beside them.</summary>
    public const string Checkpoint = "GoogLeNet.Net checkpoint 1";

    /// <summary>In a checkpoint, the momentum of every parameter.</summary>
    public const string VelocityKey = "optimizer.velocity";

    /// <summary>In a checkpoint, the training metrics of the epoch so far.</summary>
    public const string MetricsKey = "epoch.metrics";

    // Tensors of a checkpoint that are the run's and not the network's.
    private static readonly string[] RunKeys = [VelocityKey, MetricsKey];

    /// <summary>The metadata of a file of weights.</summary>
    /// <param name="configuration">The network's configuration.</param>
    public static Dictionary<string, string> Describe(string configuration) => new()
    {
        [FormatKey] = Weights,
        ["version"] = typeof(WeightsFormat).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        [ModelKey] = configuration,
    };

    /// <summary>The tensors of a file that are meant for a network.</summary>
    public static IEnumerable<SafeTensor> NetworkTensors(this SafeTensorsFile file)
    {
        var isCheckpoint = file.Metadata.GetValueOrDefault(FormatKey) == Checkpoint;
        return file.Tensors.Values.Where(tensor => !isCheckpoint || !RunKeys.Contains(tensor.Name));
    }
}
