using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.InteropServices;
using Benchmarks.Peers;
using Cifar10Training.Recipes;
using Cifar10Training.Runs;
using Inception;
using Inception.Data;
using Inception.Training;
using Inception.Training.Callbacks;
using TorchSharp;

namespace Benchmarks;

/// <summary>
/// The share of a training step of recipe <c>cpu</c> that the thread spends neither in the native engine nor in the library's own kernels: managed code around
/// them, transitions and garbage collection. The engine's library is exchanged for one that times itself (native/timed.cpp), in a process of its own. System engine only.
/// </summary>
internal static unsafe class Overhead
{
    private const string Inside = "BENCHMARKS_TIMED";
    private const int WarmUp = 10;

    public static void Run(IReadOnlyList<string> args)
    {
        if (typeof(torch).Assembly.GetName().Name == "TorchSharp")
        {
            throw new ArgumentException("overhead measures the engine System; this is built with TorchSharp.");
        }

        if (Environment.GetEnvironmentVariable(Inside) is { } library)
        {
            Measure(library, Option(args, "--batch", BuiltInRecipes.Cpu.Trainer.BatchSize), Option(args, "--steps", 60));
            return;
        }

        var timed = Build();
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        foreach (var argument in Environment.GetCommandLineArgs().Skip(Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? 0 : 1))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["SYSTEMTORCH_LIBRARY"] = start.Environment[Inside] = timed;
        using var process = Process.Start(start)!;
        process.WaitForExit();
    }

    // Beside the program, linked to the engine that lies there.
    private static string Build()
    {
        var (folder, timed) = (AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "libsystemtorch_timed.so"));
        var compile = Process.Start(
            "g++", ["-O2", "-std=c++17", "-shared", "-fPIC", Path.Combine(folder, "native", "timed.cpp"), "-o", timed,
                "-L" + folder, "-Wl,--no-as-needed", "-lsystemtorch", "-Wl,-rpath," + folder, "-ldl"]);
        compile.WaitForExit();
        return compile.ExitCode == 0 ? timed : throw new ArgumentException("native/timed.cpp could not be built (see above).");
    }

    private static int Option(IReadOnlyList<string> args, string name, int otherwise)
    {
        var at = args.ToList().IndexOf(name);
        return at < 0 ? otherwise : int.TryParse(args.ElementAtOrDefault(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value : throw new ArgumentException($"{name} needs a whole number of at least 1.");
    }

    private static void Measure(string library, int batch, int steps)
    {
        var threads = MachineFacts.Prepare(null);
        var recipe = BuiltInRecipes.Cpu.On(torch.CPU);
        using var images = SyntheticImages.Create((WarmUp + steps) * batch, seed: 1);
        using var network = GoogLeNet.Create(images.ClassNames.Count, recipe.Spec);
        var clock = new StepClock((delegate* unmanaged<long*, long*, nint>)NativeLibrary.GetExport(NativeLibrary.Load(library), "st_timed"));
        using var listener = clock.Listen();
        new MultiHeadTrainer(network, recipe.Trainer with { Epochs = 1, BatchSize = batch, Callbacks = [clock] }).Fit(images);
        Console.WriteLine(clock.Report($"recipe cpu ({recipe.Trainer.Precision}), batch {batch}, {threads.Threads} threads, {threads.Processor}"));
    }

    /// <summary>Wall time, native time and the kernels' from step to step.</summary>
    private sealed class StepClock(delegate* unmanaged<long*, long*, nint> read) : ITrainingCallback
    {
        private readonly List<(double Wall, double Native, double Kernels, long Calls)> steps = [];
        private double kernels;
        private long last = Stopwatch.GetTimestamp();

        public MeterListener Listen()
        {
            var listener = new MeterListener
            {
                InstrumentPublished = (instrument, own) =>
                {
                    if (instrument.Meter.Name == "GoogLeNet.Net")
                    {
                        own.EnableMeasurementEvents(instrument);
                    }
                },
            };
            listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => kernels += seconds * 1e3);
            listener.Start();
            return listener;
        }

        public TrainingRequests Observe(TrainingEvent value)
        {
            if (value is not StepEvent)
            {
                return TrainingRequests.None;
            }

            long nanoseconds, calls;
            read(&nanoseconds, &calls);
            var now = Stopwatch.GetTimestamp();
            steps.Add((Stopwatch.GetElapsedTime(last, now).TotalMilliseconds, nanoseconds / 1e6, kernels, calls));
            (last, kernels) = (now, 0);
            return TrainingRequests.None;
        }

        public string Report(string title)
        {
            var measured = steps.Skip(WarmUp).ToList();
            double Median(Func<(double Wall, double Native, double Kernels, long Calls), double> of) => Measurement.MedianOf([.. measured.Select(of)]);
            var total = measured.Sum(step => step.Wall - step.Native - step.Kernels) / measured.Sum(step => step.Wall);
            return string.Create(CultureInfo.InvariantCulture, $"""
                {title}, {measured.Count} steps
                step, median                         {Median(step => step.Wall):F2} ms
                of it in {Median(step => step.Calls):F0} native calls              {Median(step => step.Native):F2} ms
                of it in kernels of the library      {Median(step => step.Kernels):F2} ms
                outside both, median and mean share  {100 * Median(step => (step.Wall - step.Native - step.Kernels) / step.Wall):F2} %, {100 * total:F2} %
                """);
        }
    }
}
