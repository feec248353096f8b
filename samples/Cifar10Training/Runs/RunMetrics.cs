using System.Text.Json;
using Inception;
using Inception.Evaluation;
using Inception.Training;

namespace Cifar10Training.Runs;

/// <summary>One head of the final network on the test images.</summary>
/// <param name="TestAccuracy">In percent.</param>
/// <param name="TestLoss">Mean cross entropy in nats.</param>
internal sealed record HeadResult(double TestAccuracy, double TestLoss);

/// <summary>What <c>metrics.json</c> holds: the result of a finished run.</summary>
/// <param name="TestAccuracy">Of the final network's main head on the recipe's test views, in percent.</param>
/// <param name="Heads">Each head, the main one first, on the images alone: the last epoch's validation, of the averaged weights where they are kept, or
/// that of the best epoch where its weights are brought back.</param>
/// <param name="Epochs">Epochs trained.</param>
/// <param name="WallSeconds">Start, loading, training, validation and the final test; of an interrupted run, the newest start and all epochs.</param>
/// <param name="TrainImagesPerSecond">Over all epochs, validation left out.</param>
/// <param name="Parameters">Trainable parameters, auxiliary heads included.</param>
/// <param name="Recipe">The recipe's name.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Device">cpu, cuda or cuda:i.</param>
/// <param name="Engine">TorchSharp.</param>
/// <param name="Data">cifar-10, synthetic or pictures.</param>
internal sealed record RunMetrics(
    double TestAccuracy,
    IReadOnlyDictionary<string, HeadResult> Heads,
    int Epochs,
    double WallSeconds,
    double TrainImagesPerSecond,
    long Parameters,
    string Recipe,
    int Seed,
    string Device,
    string Engine,
    string Data)
{
    /// <summary>The result of a run whose epochs are <paramref name="history"/>.</summary>
    /// <param name="config">What was run.</param>
    /// <param name="history">At least one epoch, with validation.</param>
    /// <param name="startSeconds">Seconds from the command's start to the first step.</param>
    /// <param name="parameters">Trainable parameters.</param>
    /// <param name="test">The final network on the recipe's test views.</param>
    public static RunMetrics From(RunConfig config, History history, double startSeconds, long parameters, EvaluationResult test)
    {
        var heads = FinalHeads(config, history);
        return new RunMetrics(
            Percent(test.Accuracy),
            new OrderedDictionary<string, HeadResult>(heads.Select(head => KeyValuePair.Create(
                head.Head, new HeadResult(Percent(head.Accuracy), Math.Round(head.Loss, 6))))),
            history.Epochs.Count,
            Math.Round(startSeconds + history.Epochs.Sum(epoch => epoch.Seconds) + test.Seconds, 3),
            Math.Round(history.Epochs.Count / history.Epochs.Sum(epoch => 1 / epoch.TrainImagesPerSecond), 1),
            parameters,
            config.Recipe.Name,
            config.Recipe.Trainer.Seed,
            config.Device,
            nameof(TorchSharp),
            config.DataName);
    }

    /// <summary>Each head with the weights that a run of those epochs ends with.</summary>
    public static IReadOnlyList<HeadMetrics> FinalHeads(RunConfig config, History history)
    {
        var final = config.Recipe.Trainer.EarlyStopping is { RestoreBest: true } rule ? rule.BestEpoch(history.Epochs) : history.Epochs.Count;
        return history.Epochs[final - 1].Result;
    }

    public string ToJson() => JsonSerializer.Serialize(this, SpecJson.Options);

    private static double Percent(double share) => Math.Round(100 * share, 4);
}
