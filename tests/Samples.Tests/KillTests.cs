using System.Diagnostics;
using Cifar10Training.Recipes;
using FluentAssertions;
using Inception.Training;
using Xunit;
using Xunit.Abstractions;

namespace Inception.Tests.Samples;

/// <summary>A real process, killed again and again at random moments, ends as if it had never been. KILLS says how often.</summary>
[Collection(SampleCollection.Name)]
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("KILLS"), out var kills) ? kills : 6;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Kills_at_random_moments_change_nothing()
    {
        // Two steps an epoch, so that most of the time goes into saving.
        await File.WriteAllTextAsync(folder["recipe.json"], Restless.ToJson());
        var straight = await SampleProcess.RunAsync(Train("straight"));
        straight.ExitCode.Should().Be(0, straight.Errors);
        var random = new Random(20);
        var amidSaving = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var sample = SampleProcess.Start(
                CheckpointFiles.Furthest(folder["run"]) is null ? Train("run") : ["train", "--resume", "--out", folder["run"]]);
            // The line of an epoch comes before its checkpoint: after the second, there is one.
            await sample.WaitForLineAsync("epoch ");
            await sample.WaitForLineAsync("epoch ");
            await Task.Delay(random.Next(100));
            WaitForSaving(atMost: kill % 2 == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1));
            sample.KillNow();
            amidSaving += Leftovers().Length > 0 ? 1 : 0;
        }

        amidSaving.Should().BeGreaterThan(0, "kills hit the writing of checkpoints too");
        File.Exists(folder["run/metrics.json"]).Should().BeFalse($"{Kills} kills come before the run's end");
        var resumed = await SampleProcess.RunAsync("train", "--resume", "--out", folder["run"]);
        resumed.ExitCode.Should().Be(0, resumed.Errors);

        output.WriteLine($"{amidSaving} of {Kills} kills hit the writing of a checkpoint.");
        Checkpoints.TensorsOf(folder["run/last.safetensors"]).Should().BeEquivalentTo(Checkpoints.TensorsOf(folder["straight/last.safetensors"]));
        Checkpoints.TensorsOf(folder["run/best.safetensors"]).Should().BeEquivalentTo(Checkpoints.TensorsOf(folder["straight/best.safetensors"]));
        Leftovers().Should().BeEmpty("what a killed run left half-written is taken away");
    }

    [Fact]
    public async Task A_second_run_on_the_folder_is_refused_and_the_first_one_goes_on()
    {
        await File.WriteAllTextAsync(folder["recipe.json"], (Restless with { Trainer = Restless.Trainer with { Epochs = 60 } }).ToJson());
        using var first = SampleProcess.Start(Train("run"));
        await first.WaitForLineAsync("epoch ");
        await first.WaitForLineAsync("epoch ");

        var results = await Task.WhenAll(
            SampleProcess.RunAsync("train", "--resume", "--out", folder["run"]), SampleProcess.RunAsync(Train("run")));

        results.Select(result => result.ExitCode).Should().Equal(1, 2);
        results[0].Errors.Trim().Should().Contain("Another run writes its checkpoints to ").And.NotContain("\n");
        var finished = await first.FinishAsync();
        finished.ExitCode.Should().Be(0, finished.Errors);
        (await File.ReadAllLinesAsync(folder["run/history.csv"])).Should().HaveCount(61);
        CheckpointFiles.Furthest(folder["run"]).Should().EndWith(CheckpointFiles.Last);
    }

    // On synthetic images, which are there at once.
    private string[] Train(string run) => ["train", "--recipe", folder["recipe.json"], "--data", "synthetic", "--out", folder[run]];

    private static Recipe Restless => BuiltInRecipes.Smoke with
    {
        Name = "restless",
        Spec = GoogLeNetSpec.CifarSmall.WithWidth(0.0625) with { Name = "thin", Dropout = 0.2 },
        Limit = 20,
        Threads = 1,
        Trainer = BuiltInRecipes.Smoke.Trainer with { Epochs = 14 * (Kills + 1), BatchSize = 10, Averaging = new ExponentialAverage(0.9) },
    };

    // Every second kill looks for the moments in which a file is being written, which are short.
    private void WaitForSaving(TimeSpan atMost)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < atMost && Leftovers().Length == 0)
        {
        }
    }

    private string[] Leftovers() => Directory.GetFiles(folder["run"], "*.safetensors.*.tmp");
}
