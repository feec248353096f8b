using System.Text.Json;
using System.Text.Json.Serialization;

namespace Benchmarks;

/// <summary>What a contender does again and again: a training step or a prediction of one batch.</summary>
/// <param name="Kind">training, inference, or evaluation: a prediction by the network as it was trained.</param>
/// <param name="Batch">Images in a batch.</param>
/// <param name="Size">Height and width of the images in pixels.</param>
/// <param name="Spec">torchvision: its googlenet with both heads and 1000 classes; tutorial: the Keras tutorial's network with 10.</param>
/// <param name="Width">What all widths are multiplied by.</param>
/// <param name="Precision">fp32 or bf16.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="Threads">Threads that each contender computes with.</param>
internal sealed record Work(
    string Kind, int Batch, int Size, string Spec = "torchvision", double Width = 1, string Precision = "fp32", string Device = "cpu", int Threads = 2)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>How the table names it.</summary>
    [JsonIgnore]
    public string Title => FormattableString.Invariant($"{Kind} {Spec}{(Width == 1 ? "" : $" × {Width}")}, {Size}×{Size}, batch {Batch}, {Precision}");

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public static Work Parse(string json) => JsonSerializer.Deserialize<Work>(json, Json)!;
}
