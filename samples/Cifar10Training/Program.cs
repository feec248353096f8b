// cifar10: trains GoogLeNet on CIFAR-10.
//     cifar10 train --recipe cpu          trains, and writes a folder with checkpoints, history and report
//     cifar10 evaluate --checkpoint FILE  measures checkpoints, one or an ensemble, on the test images
//     cifar10 predict IMAGE… --checkpoint FILE     says what is in pictures
//     cifar10 export --checkpoint FILE --out FILE  writes a trained network as an ONNX file
//     cifar10 summary --spec tutorial     prints a network's table
//     cifar10 doctor                      says what a run would find on this machine, and what is wrong with it
// Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.
using System.CommandLine;
using System.CommandLine.Help;
using Cifar10Training.Commands;
using Inception;

using var interruption = new Interruption();
using var memory = HostMemory.Keep();

var commandLine = new RootCommand("Trains GoogLeNet on CIFAR-10.")
{
    TrainCommand.Create(), EvaluateCommand.Create(), PredictCommand.Create(), ExportCommand.Create(), SummaryCommand.Create(), DoctorCommand.Create(),
};

// Where there is no terminal whose width could be asked for, 80 columns.
commandLine.Options.OfType<HelpOption>().ToList().ForEach(help => ((HelpAction)help.Action!).MaxWidth = Console.IsOutputRedirected ? 80 : Math.Clamp(Console.WindowWidth, 60, 120));
var parsed = commandLine.Parse(args.Length == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0)
{
    return Failure.Report(new UsageException(UsageErrors.Describe(parsed)), Console.Error);
}

try
{
    // Signals are ours: System.CommandLine would end the process two seconds after Ctrl-C, in the middle of a step or a checkpoint.
    var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await parsed.InvokeAsync(invocation, interruption.Token);
}
catch (Exception e)
{
    return Failure.Report(e, Console.Error);
}
