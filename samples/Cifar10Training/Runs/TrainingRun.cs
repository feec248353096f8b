using System.Diagnostics;
using System.Globalization;
using Cifar10Training.Display;
using Cifar10Training.Evaluation;
using Cifar10Training.Report;
using Inception;
using Inception.Data;
using Inception.Evaluation;
using Inception.Training;
using TorchSharp;

namespace Cifar10Training.Runs;

/// <summary>One run from its plan to the files in its folder.</summary>
internal sealed class TrainingRun(RunPlan plan, RunFolder folder, MachineFacts machine, RunDisplay display)
{
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly RunConfig config = new(
        plan.Recipe with { Threads = machine.Threads }, plan.Device, plan.Data is null or CifarImages.Synthetic ? plan.Data : Path.GetFullPath(plan.Data), DateTimeOffset.Now, machine);

    /// <summary>Trains with process 0, which writes the files.</summary>
    /// <exception cref="OperationCanceledException">The run was cancelled; its checkpoint is written.</exception>
    public static void Join(RunPlan plan, IImageDataset train, IImageDataset test, CancellationToken cancellationToken)
    {
        using var model = Create(plan, train);
        new MultiHeadTrainer(model, plan.Recipe.Trainer with { Collective = plan.Collective }).Fit(train, test, plan.Checkpoint, cancellationToken);
    }

    /// <summary>Says what will be run and on what.</summary>
    public void Announce()
    {
        var trainer = plan.Recipe.Trainer;
        display.WriteLine($"Recipe    {plan.Recipe.Name}: {trainer.Epochs} epochs, batches of {trainer.BatchSize}, seed {trainer.Seed}");
        display.WriteLine($"Device    {plan.Device}, {machine.Threads} of {machine.Cores} cores: {machine.Processor}");
        if (plan.Collective is { Size: > 1 } collective)
        {
            display.WriteLine($"Processes {collective.Size}, each with its share of every batch");
        }

        display.WriteLine($"Torch     TorchSharp {machine.TorchSharp}, libtorch {machine.Libtorch}");
        display.WriteLine($"Output    {folder.Path}");
        if (plan.Checkpoint is not null)
        {
            display.WriteLine($"Resumes   {plan.Checkpoint}");
        }
    }

    /// <summary>Trains, and writes every file of the run.</summary>
    /// <exception cref="OperationCanceledException">The run was cancelled; its checkpoint is written.</exception>
    public RunMetrics Execute(IImageDataset train, IImageDataset test, CancellationToken cancellationToken)
    {
        using var model = Create(plan, train);
        var parameters = model.Summary().Parameters;
        display.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Network   {model.Spec.Name}, {parameters:N0} parameters, heads {string.Join(", ", model.Heads.Select(head => head.Name))}"));

        display.WriteLine("Below, for each head: training images | test images.");

        var recorder = new RunRecorder(config, folder, train.Count);
        var startSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var history = display.Train(progress =>
        {
            var options = plan.Recipe.Trainer with { Collective = plan.Collective, CheckpointFolder = folder.Path, Callbacks = [recorder, new RunNarrator(config, display), progress] };
            return new MultiHeadTrainer(model, options).Fit(train, test, plan.Checkpoint, cancellationToken);
        });

        var predictor = new Predictor(model, views: TestTimeViews.Find(plan.Recipe.TestViews));
        var evaluation = new Evaluator(predictor).Evaluate(test, null, cancellationToken);
        var metrics = RunMetrics.From(config, history, startSeconds, parameters, evaluation);
        recorder.Finish(history, metrics, evaluation, MistakePicture.Of(evaluation, test));
        display.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Done      test accuracy {metrics.TestAccuracy:F2} % on {config.DataTitle}"));
        display.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Time      {Duration.Words(TimeSpan.FromSeconds(metrics.WallSeconds))}, {metrics.TrainImagesPerSecond:N0} images/s"));
        display.WriteLine($"Report    {folder.Report}");
        return metrics;
    }

    private static GoogLeNet Create(RunPlan plan, IImageDataset train)
    {
        var model = GoogLeNet.Create(train.ClassNames.Count, plan.Recipe.Spec, plan.Recipe.Trainer.Seed);
        model.to(torch.device(plan.Device));
        return model;
    }
}
