using System.CommandLine;
using Cifar10Training.Prediction;
using Cifar10Training.Runs;

namespace Cifar10Training.Commands;

/// <summary><c>cifar10 predict</c>.</summary>
internal static class PredictCommand
{
    private static readonly Argument<string[]> Images = new("IMAGE")
    {
        Description = "Pictures to classify. Of one that is not square the middle is seen.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string[]> Checkpoint = Checkpoints.Option("Predict");
    private static readonly Option<string?> Device = Values.Text(
        "--device", "cpu|cuda[:i]", "Where to compute. Default: the GPU if there is one.", DeviceChoice.Check);

    public static Command Create()
    {
        var command = new Command("predict", "Says what is in pictures: the five most probable classes of each.") { Images, Checkpoint, Device };
        command.SetAction((parsed, cancellationToken) => Task.FromResult(
            Run(parsed.GetValue(Images)!, parsed.GetValue(Checkpoint)!, parsed.GetValue(Device), cancellationToken)));
        return command;
    }

    private static int Run(string[] images, string[] checkpoints, string? device, CancellationToken cancellationToken)
    {
        RefuseOptions(images);
        var files = Checkpoints.Resolve(checkpoints);
        var resolved = DeviceChoice.Resolve(device);
        MachineFacts.Prepare(threads: null);
        using var predictor = Checkpoints.Load(files, resolved, views: null);
        return new PictureLabeller(predictor).Label(images, Console.Out, Console.Error, cancellationToken) ? ExitCode.Done : ExitCode.Failed;
    }

    // What is no option of the command, the parser takes for a picture.
    private static void RefuseOptions(string[] images)
    {
        if (images.FirstOrDefault(image => image.StartsWith('-') && !File.Exists(image)) is { } unknown)
        {
            throw new UsageException($"Unknown option '{unknown}'; the options of predict are {Checkpoint.Name}, {Device.Name}.");
        }
    }
}
