using Cifar10Training.Runs;
using Inception.Evaluation;
using Inception.Training;

namespace Cifar10Training.Report;

/// <summary>What a report shows.</summary>
/// <param name="Config">What was run, and on what.</param>
/// <param name="History">The epochs so far.</param>
/// <param name="TrainImages">Images in an epoch, which fix where the learning rate changes.</param>
/// <param name="Metrics">The result; null while the run is unfinished.</param>
/// <param name="Evaluation">How the final network classifies the test images; null while the run is unfinished.</param>
/// <param name="Mistakes">Its most confident mistakes.</param>
internal sealed record RunReport(
    RunConfig Config, History History, long TrainImages, RunMetrics? Metrics, EvaluationResult? Evaluation = null, IReadOnlyList<MistakePicture>? Mistakes = null)
{
    /// <summary>Names of the heads, the main one first; empty before the first epoch's end.</summary>
    public IReadOnlyList<string> Heads => History.Epochs.Count == 0 ? [] : [.. History.Epochs[0].Train.Select(head => head.Head)];
}
