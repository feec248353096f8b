using System.Text.Json;
using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

/// <summary>What scikit-learn computed: metrics.json, written by generate_metrics.py.</summary>
internal sealed record ExpectedMetrics(
    string[] Classes,
    int[] Labels,
    double[][] Probabilities,
    long[][] Confusion,
    double[] Precision,
    double[] Recall,
    double[] F1,
    long[] Support,
    double Accuracy,
    Dictionary<string, double> TopK,
    double LogLoss)
{
    public static ExpectedMetrics Read() => JsonSerializer.Deserialize<ExpectedMetrics>(
        File.ReadAllText(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Evaluation", "metrics.json")), JsonSerializerOptions.Web)!;

    /// <summary>One pixel for each image: its number.</summary>
    public TensorDataset Dataset() => new(
        tensor([.. Enumerable.Range(0, Labels.Length).Select(i => (byte)i)], [Labels.Length, 1, 1, 1]),
        tensor([.. Labels.Select(label => (long)label)]),
        Classes);

    /// <summary>A network that gives these probabilities.</summary>
    public TableModel Model() => new([.. Probabilities.Select(row => row.Select(p => Math.Log(p)).ToArray())]);
}
