using System.CommandLine;
using System.Globalization;
using Inception;
using Inception.Interop;

namespace Cifar10Training.Commands;

/// <summary><c>cifar10 export</c>.</summary>
internal static class ExportCommand
{
    private static readonly Option<string?> Checkpoint = Required(Values.Text("--checkpoint", "FILE|DIR", "Export this checkpoint, file of weights or run's folder (its best)."));
    private static readonly Option<string?> Out = Required(Values.Text("--out", "FILE", "The ONNX file to write; one that exists is replaced."));
    private static readonly Option<int?> Size = Values.Whole("--size", "Height and width of the images that the network computes with. Default: the network's own.", 1, 1 << 14);
    private static readonly Option<bool> Auxiliaries = new("--auxiliaries") { Description = "Write the auxiliary heads, too." };
    private static readonly Option<bool> Preprocessing = new("--preprocessing") { Description = "Take pictures of any size, uint8 with values 0 to 255, and do what predict does with them." };
    private static readonly Option<bool> Softmax = new("--softmax") { Description = "Give probabilities instead of logits." };

    public static Command Create()
    {
        var command = new Command("export", "Writes a trained network as an ONNX file.") { Checkpoint, Out, Size, Auxiliaries, Preprocessing, Softmax };
        command.SetAction(parsed => Run(parsed.GetValue(Checkpoint)!, parsed.GetValue(Out)!, new OnnxOptions
        {
            Height = parsed.GetValue(Size),
            IncludeAuxiliaries = parsed.GetValue(Auxiliaries),
            IncludePreprocessing = parsed.GetValue(Preprocessing),
            IncludeSoftmax = parsed.GetValue(Softmax),
        }));
        return command;
    }

    private static int Run(string checkpoint, string path, OnnxOptions options)
    {
        if (options is { IncludePreprocessing: true, Height: not null })
        {
            throw new UsageException($"{Preprocessing.Name} takes the size from the checkpoint; leave out {Size.Name}.");
        }

        var file = Checkpoints.Resolve([checkpoint])[0];
        try
        {
            using var network = GoogLeNet.Load(file);
            network.ExportOnnx(path, options);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new RunException(Failure.OneLine(e.Message), e);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {new FileInfo(path).Length / 1e6:F1} MB"));
        return ExitCode.Done;
    }

    private static Option<string?> Required(Option<string?> option)
    {
        option.Required = true;
        return option;
    }
}
