using Cifar10Training.Recipes;
using Cifar10Training.Runs;
using Inception.Training;

namespace Cifar10Training.Display;

/// <summary>Says once how long the run will take.</summary>
internal sealed class RunNarrator(RunConfig config, RunDisplay display) : ITrainingCallback
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private readonly DateTime began = DateTime.UtcNow;
    private bool estimated;

    public TrainingRequests Observe(TrainingEvent value)
    {
        // The first seconds of a fast run are too noisy to go by.
        if (value is StepEvent { IsReportDue: true, Remaining: { } left } && !estimated && DateTime.UtcNow - began > TimeSpan.FromSeconds(5))
        {
            estimated = true;
            display.WriteLine(Estimate(left));
        }

        return TrainingRequests.None;
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
}
