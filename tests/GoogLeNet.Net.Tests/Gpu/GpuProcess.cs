using System.Diagnostics;
using System.Globalization;
using Cifar10Training.Recipes;
using FluentAssertions;
using Inception.Tests.Samples;
using Inception.Training;
using TorchSharp;

namespace Inception.Tests.Gpu;

/// <summary>A training run on the stand-in for a GPU (standin.cpp), in a process of its own: once there, it would be there for every test.</summary>
internal static class GpuProcess
{
    public const string Command = "train";
    private const string OnHost = "host";

    private static readonly Lazy<string> StandIn = new(Build);

    /// <summary>What a run has printed, and how often the device was asked for what.</summary>
    public static async Task<(double[] Losses, IReadOnlyDictionary<string, long> Counts)> TrainAsync(Recipe recipe, bool dataOnHost)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["recipe.json"], recipe.ToJson());
        using var process = SampleProcess.StartProgram(
            typeof(GpuProcess).Assembly.GetName().Name!, [Command, folder["recipe.json"], dataOnHost ? OnHost : "device"],
            ("LD_PRELOAD", StandIn.Value), ("STANDIN_COUNTS", folder["counts"]));
        var result = await process.FinishAsync();
        result.ExitCode.Should().Be(0, result.Errors);

        var counts = (await File.ReadAllLinesAsync(folder["counts"])).Select(line => line.Split(' '));
        return (
            [.. result.OutputLines.Select(line => double.Parse(line, CultureInfo.InvariantCulture))],
            counts.ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture)));
    }

    /// <summary>The program: trains on the device and prints what <see cref="Losses"/> gives.</summary>
    public static int Run(string[] arguments)
    {
        torch.set_num_threads(1);
        // A report reads the losses, and how many there are depends on the machine's speed.
        RunClock.ReportInterval = TimeSpan.MaxValue;
        foreach (var loss in Losses(Recipe.Parse(File.ReadAllText(arguments[0])), torch.CUDA, arguments[1] == OnHost))
        {
            Console.WriteLine(loss.ToString("R", CultureInfo.InvariantCulture));
        }

        return 0;
    }

    /// <summary>Trains on a device; every head's mean loss, for training and validation, of each epoch.</summary>
    public static IEnumerable<double> Losses(Recipe recipe, torch.Device device, bool dataOnHost)
    {
        using var host = TinyRun.Images(48);
        using var hostTest = TinyRun.Images(12);
        using var train = host.To(dataOnHost ? torch.CPU : device);
        using var test = hostTest.To(dataOnHost ? torch.CPU : device);
        using var model = GoogLeNet.Create(3, recipe.Spec).to(device);
        var history = new MultiHeadTrainer(model, recipe.Trainer).Fit(train, test);
        return history.Epochs.SelectMany(epoch => epoch.Train.Concat(epoch.Validation)).Select(head => head.Loss).ToArray();
    }

    private static string Build()
    {
        var (source, library) = (Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Gpu", "standin.cpp"), Path.Combine(AppContext.BaseDirectory, "libstandin.so"));
        string[] arguments = ["-O1", "-std=c++17", "-shared", "-fPIC", "-fvisibility=hidden", source, "-o", library, "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu", "-lc10"];
        using var compiler = Process.Start(new ProcessStartInfo("g++", arguments) { RedirectStandardError = true })!;
        var errors = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        compiler.ExitCode.Should().Be(0, errors);
        return library;
    }
}
