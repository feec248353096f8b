using Inception.Data;
using Inception.Training;
using Spectre.Console;

namespace Cifar10Training.Display;

/// <summary>Where a run's course is shown: a live bar on a terminal, plain lines elsewhere.</summary>
internal abstract class RunDisplay
{
    /// <summary>Live where the output is a terminal that can redraw a line; NO_COLOR is honoured there.</summary>
    public static RunDisplay ForConsole()
    {
        var console = AnsiConsole.Console;
        var live = !Console.IsOutputRedirected && console.Profile.Capabilities is { Ansi: true, Interactive: true };
        return live ? new LiveDisplay(console) : new PlainDisplay(Console.Out);
    }

    /// <summary>Shows a line that stays.</summary>
    public abstract void WriteLine(string line);

    /// <summary>Shows how far a download is while <paramref name="load"/> runs.</summary>
    public abstract Task<T> LoadAsync<T>(Func<IProgress<DownloadProgress>, Task<T>> load);

    /// <summary>Shows how far training is, and each epoch's result, while <paramref name="train"/> runs on this thread with the callback it is given.</summary>
    public abstract T Train<T>(Func<ITrainingCallback, T> train);
}
