using System.Diagnostics;
using Inception.Kernels;

namespace Inception.Tests.Kernels;

/// <summary>
/// This assembly as a program whose kernels run on memory between two pages that may not be touched: one number read or written beyond what it was given, and the process ends. It
/// uses no libtorch.
/// </summary>
internal static unsafe class GuardedProcess
{
    public const string Argument = "guarded";
    public const string Overrun = "overrun";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Runs the kernels, and a network of each file; says before each what comes.</summary>
    /// <param name="edge">Which end of the memory lies at the forbidden page: <see cref="GuardedMemory.AtEnd"/> or <see cref="GuardedMemory.AtStart"/>.</param>
    /// <param name="files">Model files; or <see cref="Overrun"/>, to read one number too many.</param>
    public static int Run(string edge, string[] files)
    {
        GuardedMemory.Edge = edge;
        NativeBuffer.Source = (bytes => GuardedMemory.Allocate(bytes), GuardedMemory.Free);
        if (files is [Overrun])
        {
            var memory = (float*)GuardedMemory.Of(3);
            Console.WriteLine(edge == GuardedMemory.AtEnd ? memory[3] : memory[-1]);
            return 0;
        }

        GuardedKernels.Run();
        foreach (var (file, withAuxiliaries) in files.SelectMany(file => new[] { (file, true), (file, false) }))
        {
            using var network = CompiledNetwork.Load(file, withAuxiliaries);
            var (usual, smallest) = (network.Spec.InputSize, network.Spec.SmallestInputSize()!.Value);
            // Auxiliary heads take images of one size.
            (int, int, int)[] batches = withAuxiliaries ? [(1, usual, usual), (5, usual, usual)] : [(1, smallest, smallest), (3, smallest + 5, smallest), (7, smallest, smallest + 2)];
            foreach (var (count, height, width) in batches)
            {
                Console.WriteLine($"{Path.GetFileName(file)}, {count} of {height}×{width}");
                if (!Logits(network, count, height, width).All(float.IsFinite))
                {
                    return 1;
                }
            }
        }

        Console.WriteLine("done");
        return 0;
    }

    // Of all heads, from images with channels first and then last.
    private static List<float> Logits(CompiledNetwork network, int count, int height, int width)
    {
        var logits = new List<float>();
        foreach (var areChannelsLast in new[] { false, true })
        {
            var images = GuardedMemory.Of(count * network.Spec.InputChannels * height * width);
            logits.AddRange(network.Compute(images, areChannelsLast, count, height, width, threads: 2).SelectMany(head => head));
            GuardedMemory.Free(images);
        }

        return logits;
    }

    /// <summary>Starts it.</summary>
    /// <returns>Its exit code, and the last line that it printed with all that it said of errors.</returns>
    public static (int ExitCode, string LastLine) Start(string edge, params string[] files)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        var start = new ProcessStartInfo(host, [typeof(GuardedProcess).Assembly.Location, Argument, edge, .. files]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync().WaitAsync(Patience).GetAwaiter().GetResult();
        process.WaitForExit(Patience);
        return (process.ExitCode, $"{output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault("").Trim()}{errors.GetAwaiter().GetResult()}");
    }
}
