using System.CommandLine;
using Cifar10Training.Display;
using Cifar10Training.Recipes;
using Cifar10Training.Runs;
using Inception.Training;

namespace Cifar10Training.Commands;

/// <summary><c>cifar10 train</c>.</summary>
internal static class TrainCommand
{
    private const string Mpi = "mpi";
    private static readonly Option<string?> Recipe = Values.Text(
        "--recipe", "NAME|FILE.json", $"How to train: {string.Join(", ", BuiltInRecipes.Names)}, or a JSON file. Default cpu, or gpu where one is used.");
    private static readonly Option<int?> Epochs = Values.Whole("--epochs", "Passes over the training images.", 1, 100_000);
    private static readonly Option<double?> LearningRate = Values.Positive("--lr", "RATE", "The schedule's highest learning rate. Default: the recipe's.");
    private static readonly Option<int?> Batch = Values.Whole("--batch", "Images in a step.", 1, CifarImages.TrainCount);
    private static readonly Option<int?> Limit = Values.Whole(
        "--limit", "Train on N images, all classes alike, and test on N / 5.", 10, CifarImages.TrainCount);
    private static readonly Option<int?> Seed = Values.Whole("--seed", "Seed of weights, subset, order, augmentation and dropout.", int.MinValue);
    private static readonly Option<string?> Device = Values.Text(
        "--device", "cpu|cuda[:i]", "Where to train. Default: the GPU if there is one.", DeviceChoice.Check);
    private static readonly Option<string?> Precision = Values.Text(
        "--precision", PrecisionChoice.Names, "Number format of the computations. Default: the recipe's.", PrecisionChoice.Check);
    private static readonly Option<string?> Distributed = Values.Text(
        "--distributed", Mpi, "Train one network with all processes that mpirun or srun started. Default: this process alone.",
        text => text == Mpi ? null : $"--distributed is '{text}'; it must be {Mpi}.");
    private static readonly Option<string?> Data = Values.Text(
        "--data", $"DIR|{CifarImages.Synthetic}", "Folder with CIFAR-10's binary files, or for ImageNet's recipes with the folders train and val; or synthetic: drawn pictures, without a network. Default: the cache, filled by a download.");
    private static readonly Option<string?> Out = Values.Text("--out", "DIR", "Folder of the run. Default runs/<recipe>-<time>.");
    private static readonly Option<string?> Resume = new("--resume")
    {
        Description = "Continue a run: from FILE, or from the furthest checkpoint in DIR or --out. With --epochs to another length, where the schedule allows it.",
        HelpName = "FILE|DIR",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("train", "Trains a network and writes a folder with checkpoints, history, metrics and a report.")
        {
            Recipe, Epochs, LearningRate, Batch, Limit, Seed, Device, Precision, Distributed, Data, Out, Resume,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(Read(parsed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(TrainArguments arguments, CancellationToken cancellationToken)
    {
        using var mpi = arguments.Distributed is null ? null : MpiCollective.Start();
        var plan = RunPlan.From(arguments, mpi);
        if (mpi is { Rank: > 0 })
        {
            return await JoinAsync(plan, mpi, cancellationToken);
        }

        var display = RunDisplay.ForConsole();
        using var folder = RunFolder.Open(plan.Folder, resumed: plan.Checkpoint is not null);
        try
        {
            var machine = MachineFacts.Prepare(plan.Recipe.Threads, mpi?.LocalSize ?? 1);
            var run = new TrainingRun(plan, folder, machine, display);
            run.Announce();
            using var images = await CifarImages.LoadAsync(plan, display, cancellationToken);
            mpi?.Barrier();
            run.Execute(images.Train, images.Test, cancellationToken);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(folder.HasCheckpoint
                ? $"cifar10: interrupted; the run's state is kept. To continue:\n{Invocation.Command("train", "--resume", "--out", folder.Path)}"
                : "cifar10: interrupted before the first step; there is nothing to continue from.");
            return ExitCode.Interrupted;
        }
    }

    // What all processes end with, process 0 reports.
    private static async Task<int> JoinAsync(RunPlan plan, MpiCollective mpi, CancellationToken cancellationToken)
    {
        try
        {
            _ = MachineFacts.Prepare(plan.Recipe.Threads, mpi.LocalSize);
            // Process 0 has downloaded them by then.
            mpi.Barrier();
            using var images = await CifarImages.LoadAsync(plan, new PlainDisplay(TextWriter.Null), cancellationToken);
            TrainingRun.Join(plan, images.Train, images.Test, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or TrainingDivergedException or CollectiveException)
        {
        }

        return ExitCode.Done;
    }

    private static TrainArguments Read(ParseResult parsed) => new()
    {
        Recipe = parsed.GetValue(Recipe),
        Epochs = parsed.GetValue(Epochs),
        LearningRate = parsed.GetValue(LearningRate),
        Batch = parsed.GetValue(Batch),
        Limit = parsed.GetValue(Limit),
        Seed = parsed.GetValue(Seed),
        Device = parsed.GetValue(Device),
        Precision = PrecisionChoice.Of(parsed.GetValue(Precision)),
        Distributed = parsed.GetValue(Distributed),
        Data = parsed.GetValue(Data),
        Out = parsed.GetValue(Out),
        Resume = parsed.GetResult(Resume) is not null,
        ResumeFile = parsed.GetValue(Resume),
    };
}
