using System.Text.Json;

namespace Inception.Tests.Evidence.TorchVision;

/// <summary>What torchvision computed: expected.json, written by generate.py.</summary>
/// <param name="Torch">Version of PyTorch.</param>
/// <param name="TorchVision">Version of torchvision.</param>
/// <param name="Dropouts">Dropout of each head, which is off in everything below.</param>
/// <param name="Training">Logits of each head in training mode, row-major.</param>
/// <param name="Evaluation">The same in evaluation mode.</param>
/// <param name="Losses">The total loss before the first step of SGD and after each.</param>
/// <param name="Gradients">Of each parameter's gradient: norm, and sum against the closed form's noise.</param>
/// <param name="RunningStatistics">The same of each running statistic after one pass in training mode.</param>
internal sealed record Expected(
    string Torch,
    string TorchVision,
    Dictionary<string, double> Dropouts,
    Dictionary<string, double[]> Training,
    Dictionary<string, double[]> Evaluation,
    double[] Losses,
    Dictionary<string, double[]> Gradients,
    Dictionary<string, double[]> RunningStatistics)
{
    public static Expected Read()
    {
        using var file = File.OpenRead(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Evidence", "TorchVision", "expected.json"));
        return JsonSerializer.Deserialize<Expected>(file, SpecJson.Options)!;
    }
}
