using System.CommandLine;
using System.Globalization;
using Cifar10Training.Display;
using Cifar10Training.Evaluation;
using Cifar10Training.Runs;
using Inception;
using Inception.Data;
using Inception.Evaluation;

namespace Cifar10Training.Commands;

/// <summary><c>cifar10 evaluate</c>.</summary>
internal static class EvaluateCommand
{
    private static readonly Option<string[]> Checkpoint = Checkpoints.Option("Evaluate");
    private static readonly Option<string?> Views = Values.Text(
        "--tta", "none|flip|crops|ten|paper", "Average over views of each image: flip 2; crops 6 translations, or 10 crops where the network enlarges; ten 10 crops; paper those of four sizes. Default none.",
        TestTimeViews.Check);
    private static readonly Option<string?> Data = Values.Text(
        "--data", "DIR", "Folder with CIFAR-10's binary files, or pictures in folders train and val. Default: the cache, filled by a download.");
    private static readonly Option<string?> Device = Values.Text(
        "--device", "cpu|cuda[:i]", "Where to compute. Default: the GPU if there is one.", DeviceChoice.Check);
    private static readonly Option<int?> Limit = Values.Whole("--limit", "Evaluate on N test images, all classes alike. Default all.", 1, TestImages.Count);
    private static readonly Option<int?> Batch = Values.Whole("--batch", "Images in a step. Default 256.", 1, TestImages.Count);
    private static readonly Option<int?> Top = Values.Whole("--top", "Most confident mistakes to show. Default 10.", 0, TestImages.Count);
    private static readonly Option<string?> Json = Values.Text("--json", "FILE", "Write all figures to a JSON file too.");

    public static Command Create()
    {
        var command = new Command("evaluate", "Measures checkpoints on test images; several make an ensemble.")
        {
            Checkpoint, Views, Data, Device, Limit, Batch, Top, Json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(Read(parsed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(EvaluateArguments arguments, CancellationToken cancellationToken)
    {
        EvaluationFile.RequireFolder(arguments.Json);
        var files = Checkpoints.Resolve(arguments.Checkpoints);
        var device = DeviceChoice.Resolve(arguments.Device);
        MachineFacts.Prepare(threads: null);
        using var predictor = Checkpoints.Load(files, device, TestTimeViews.Find(arguments.Views));
        var isPictures = PictureFolder.Is(arguments.Data);
        if (!isPictures && predictor.NumClasses != Cifar10.ClassNames.Count)
        {
            throw new RunException($"{files[0]} tells {predictor.NumClasses} classes apart; CIFAR-10 has {Cifar10.ClassNames.Count}.");
        }

        var display = RunDisplay.ForConsole();
        var images = isPictures
            ? TestImages.LoadPictures(arguments.Data!, arguments.Limit, predictor, display, cancellationToken)
            : await TestImages.LoadAsync(arguments.Data, arguments.Limit, device, display, cancellationToken);
        using var owned = images as IDisposable;
        var tta = arguments.Views ?? TestTimeViews.Default;
        display.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Network      {Names(predictor)} on {device}, views {tta}, {images.Count:N0} test images"));

        var defaults = new EvaluationOptions();
        var options = new EvaluationOptions { BatchSize = arguments.Batch ?? defaults.BatchSize, Mistakes = arguments.Mistakes ?? 10 };
        var result = new Evaluator(predictor, options).Evaluate(images, new ProgressLines(display), cancellationToken);
        foreach (var line in EvaluationTable.Lines(result))
        {
            display.WriteLine(line);
        }

        if (arguments.Json is not null)
        {
            new EvaluationFile(files, tta, result).Write(arguments.Json);
        }

        return ExitCode.Done;
    }

    private static string Names(Predictor predictor) => string.Join(" + ", predictor.Models.OfType<CompiledGoogLeNet>().Select(model => model.Spec.Name));

    private static EvaluateArguments Read(ParseResult parsed) => new()
    {
        Checkpoints = parsed.GetValue(Checkpoint)!,
        Views = parsed.GetValue(Views),
        Data = parsed.GetValue(Data),
        Device = parsed.GetValue(Device),
        Limit = parsed.GetValue(Limit),
        Batch = parsed.GetValue(Batch),
        Mistakes = parsed.GetValue(Top),
        Json = parsed.GetValue(Json),
    };
}
