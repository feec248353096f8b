using System.Globalization;
using Cifar10Training.Recipes;
using Cifar10Training.Runs;
using Inception.Training;

namespace Cifar10Training.Display;

/// <summary>The lines that every display keeps: how long the run will take, and each epoch's result.</summary>
internal sealed class RunNarrator(RunConfig config, RunDisplay display) : IProgress<TrainingEvent>
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private readonly DateTime began = DateTime.UtcNow;
    private bool estimated;

    public void Report(TrainingEvent value)
    {
        switch (value)
        {
            // The first seconds of a fast run are too noisy to go by.
            case StepEvent { Remaining: { } left } when !estimated && DateTime.UtcNow - began > TimeSpan.FromSeconds(5):
                estimated = true;
                display.WriteLine(Estimate(left));
                break;
            case EpochEvent epoch:
                display.WriteLine(Line(epoch));
                break;
        }
    }

    /// <summary>How long the rest takes; where that is long on a CPU, also what takes less.</summary>
    public string Estimate(TimeSpan left)
    {
        var onCpu = config.Device == "cpu";
        var advice = !onCpu || left < Long ? ""
            : config.Recipe.Name == BuiltInRecipes.Cpu.Name ? " Fewer --epochs or a --limit take less; Ctrl-C keeps a checkpoint."
            : $" The recipe {BuiltInRecipes.Cpu.Name} takes minutes; Ctrl-C keeps a checkpoint.";
        return $"This will take about {Duration.Words(left)} on this {(onCpu ? "CPU" : "GPU")}.{advice}";
    }

    /// <summary>Accuracy and loss of every head, on the training images | on the test images.</summary>
    public static string Line(EpochEvent epoch)
    {
        var record = epoch.Record;
        var heads = record.Train.Select((train, i) => Head(train, record.Validation.ElementAtOrDefault(i)));
        return string.Create(CultureInfo.InvariantCulture, $"Epoch {record.Epoch}/{epoch.Epochs}  {string.Join("   ", heads)}   {record.Seconds:F0} s");
    }

    private static string Head(HeadMetrics train, HeadMetrics? test) => string.Create(CultureInfo.InvariantCulture,
        $"{train.Head} {100 * train.Accuracy:F2} %{(test is null ? "" : $" | {100 * test.Accuracy:F2} %")}, loss {train.Loss:F3}{(test is null ? "" : $" | {test.Loss:F3}")}");
}
