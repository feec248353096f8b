using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Cifar10Training.Runs;
using Inception;

namespace Benchmarks.Parts;

/// <summary>Runs BenchmarkDotNet in this process: the projects that it would make for a process of its own lack the native libraries.</summary>
internal static class PartRunner
{
    /// <param name="args">BenchmarkDotNet's; all benchmarks without a filter.</param>
    /// <exception cref="ArgumentException">The arguments choose nothing, or a benchmark failed; BenchmarkDotNet has said how.</exception>
    public static void Run(string[] args)
    {
        var facts = MachineFacts.Prepare(null);
        using var memory = HostMemory.Keep(); // as the trainer and the evaluator do
        var config = DefaultConfig.Instance
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithMaxIterationCount(20).AsMutator())
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "googlenet-net-benchmarks"));
        bool Has(params string[] options) => options.Any(option => args.Any(arg => arg == option || arg.StartsWith($"{option}=", StringComparison.Ordinal)));
        var isQuestion = Has("--list", "--help");
        string[] choice = isQuestion || Has("--filter", "-f") ? [] : ["--filter", "*"];
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(PartRunner).Assembly).Run([.. args, .. choice], config).ToList();
        if (summaries.Count == 0 && !isQuestion)
        {
            throw new ArgumentException("no benchmark was chosen; 'parts --list flat' names them, 'parts --filter *Inference*' runs one.");
        }

        Console.WriteLine($"{facts.Threads} threads, {facts.Processor}");
        if (summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)))
        {
            throw new ArgumentException("not every benchmark ran; see above.");
        }
    }
}
