using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Cifar10Training.Recipes;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
[Trait("Category", "RealData")]
public sealed class InterruptionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Ctrl_C_writes_a_checkpoint_from_which_the_run_ends_as_if_never_interrupted()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await File.WriteAllTextAsync(folder["recipe.json"], RecipeWithDropout.ToJson());
        (await SampleProcess.RunAsync("train", "--recipe", folder["recipe.json"], "--out", folder["straight"])).ExitCode.Should().Be(0);

        using var sample = SampleProcess.Start("train", "--recipe", folder["recipe.json"], "--out", folder["run"]);
        await sample.WaitForLineAsync("epoch 1/");
        sample.Signal(IgnoresCtrlC ? PosixSignal.SIGTERM : PosixSignal.SIGINT);
        var interrupted = await sample.FinishAsync();

        interrupted.ExitCode.Should().Be(130);
        interrupted.ErrorLines.Should().HaveCount(2);
        interrupted.ErrorLines[0].Should().StartWith("cifar10: interrupted");
        interrupted.ErrorLines[1].Should().EndWith($" train --resume --out {folder["run"]}");
        File.Exists(folder["run/metrics.json"]).Should().BeFalse("the run is unfinished");

        var resumed = await SampleProcess.RunShellAsync(interrupted.ErrorLines[1]);

        resumed.ExitCode.Should().Be(0, resumed.Errors);
        Checkpoints.TensorsOf(folder["run/last.safetensors"]).Should().BeEquivalentTo(Checkpoints.TensorsOf(folder["straight/last.safetensors"]));
        AccuracyOf("run").Should().Be(AccuracyOf("straight"));
    }

    private static Recipe RecipeWithDropout => BuiltInRecipes.Smoke with
    {
        Name = "interrupted",
        Spec = BuiltInRecipes.Smoke.Spec.WithWidth(0.25) with { Dropout = 0.2 },
        Limit = 200,
        Threads = 1,
        Trainer = BuiltInRecipes.Smoke.Trainer with { Epochs = 6, BatchSize = 20 },
    };

    // A shell that starts the tests in the background makes them, and all that they start, ignore SIGINT.
    private static bool IgnoresCtrlC =>
        File.Exists("/proc/self/status") && File.ReadLines("/proc/self/status").Any(line =>
            line.StartsWith("SigIgn:", StringComparison.Ordinal) && (Convert.ToUInt64(line[7..].Trim(), 16) & 2) != 0);

    private double AccuracyOf(string run) => (double)JsonNode.Parse(File.ReadAllText(folder[$"{run}/metrics.json"]))!["testAccuracy"]!;
}
