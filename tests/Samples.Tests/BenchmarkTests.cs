using System.Text.RegularExpressions;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>tests/Benchmarks as a process of its own: that it measures, not what.</summary>
[Collection(SampleCollection.Name)]
public sealed class BenchmarkTests
{
    [Fact]
    public async Task Each_part_is_measured_once()
    {
        var result = await RunAsync("parts", "--job", "Dry");

        result.ExitCode.Should().Be(0, result.Errors);
        var measured = result.OutputLines.Where(line => Regex.IsMatch(line, @"^\| .*\d (ns|us|μs|ms|s) \|"));
        string[] passes = ["Forward", "ForwardAndBackward"];
        var convolutions = Enumerable.Repeat(passes, 8).SelectMany(pair => pair); // four layers, with and without the kernel
        measured.Select(line => line.Split(' ')[1]).Should().Equal(
            ["Load", .. convolutions, .. passes, "Predict", "Predict", "Step", "Step", "Step", "Save", "Load"]);
    }

    [Fact]
    public async Task A_part_that_does_not_exist_is_an_error()
    {
        var result = await RunAsync("parts", "--filter", "*Nothing*");

        result.ExitCode.Should().Be(2);
        result.Errors.Should().Contain("benchmarks: no benchmark was chosen; 'parts --list flat' names them");
    }

    [Fact]
    public async Task A_race_against_torchsharp_is_against_both_layouts()
    {
        var result = await RunAsync("peers", "training", "inference", "--peers", "torchsharp", "--quick", "--threads", "1");

        result.ExitCode.Should().Be(0, result.Errors);
        result.Errors.Should().NotContain("without");
        var rows = result.OutputLines.Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        string[] all = ["GoogLeNet.Net", "TorchSharp, channels last", "TorchSharp, default layout"];
        rows.Select(row => row[2]).Should().Equal([.. all, "GoogLeNet.Net", .. all], "there is no plain program in bfloat16");
        rows.Where(row => row[2] != "GoogLeNet.Net").Select(row => row[7]).Should().AllSatisfy(ratio => ratio.Should().MatchRegex(@"^\d+\.\d\d×$"));
    }

    [Fact]
    public async Task A_peer_that_does_not_exist_is_an_error()
    {
        var result = await RunAsync("peers", "--peers", "torchsharp,keras");

        result.ExitCode.Should().Be(2);
        result.Errors.Should().Contain("benchmarks: 'keras' is no peer; the peers are torchsharp, pytorch, onnx, or all.");
    }

    // Built with these tests, for the same configuration.
    private static Task<SampleResult> RunAsync(params string[] arguments)
    {
        var ours = Repository.PathOf("tests", "Samples.Tests");
        var program = Repository.PathOf("tests", "Benchmarks", Path.GetRelativePath(ours, AppContext.BaseDirectory), "benchmarks");
        return SampleProcess.RunProgramAsync(program, arguments);
    }
}
