using Cifar10Training.Commands;
using Cifar10Training.Runs;
using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Run => folder["run"];

    private string Last => folder["run/last.safetensors"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_interrupted_and_resumed_run_ends_bit_for_bit_like_an_uninterrupted_one()
    {
        var straight = TinyRun.Execute(folder["straight"]);
        Interrupt();
        File.ReadAllLines(folder["run/history.csv"]).Should().HaveCount(2, "it was interrupted in the second epoch");

        var resumed = TinyRun.Execute(Run, checkpoint: Last);

        Checkpoints.TensorsOf(Last).Should().BeEquivalentTo(Checkpoints.TensorsOf(folder["straight/last.safetensors"]));
        resumed.Heads.Should().BeEquivalentTo(straight.Heads);
        Accuracies(folder["run/history.csv"]).Should().Equal(Accuracies(folder["straight/history.csv"]));
    }

    [Fact]
    public void A_folder_with_a_checkpoint_but_without_the_runs_configuration_is_refused_in_one_line()
    {
        Interrupt();
        File.Delete(folder["run/config.json"]);

        FluentActions.Invoking(() => RunPlan.From(new TrainArguments { Resume = true, Out = Run }))
            .Should().Throw<UsageException>().WithMessage($"There is no {folder["run/config.json"]}, which says what run the checkpoint belongs to.");
    }

    [Fact]
    public void The_plan_of_a_resumed_run_is_the_stored_one()
    {
        Interrupt();

        var plan = RunPlan.From(new TrainArguments { Resume = true, Out = Run });

        plan.Recipe.ToJson().Should().Be((TinyRun.Recipe with { Threads = 1 }).ToJson());
        (plan.Device, plan.Folder, plan.Checkpoint).Should().Be(("cpu", Run, Last));
    }

    [Fact]
    public void A_checkpoint_file_may_be_named_in_place_of_the_folder()
    {
        Interrupt();

        var plan = RunPlan.From(new TrainArguments { Resume = true, ResumeFile = folder["run/best.safetensors"] });

        (plan.Folder, plan.Checkpoint).Should().Be((Run, folder["run/best.safetensors"]));
    }

    [Fact]
    public void What_agrees_with_the_stored_recipe_may_be_repeated()
    {
        Interrupt();

        FluentActions.Invoking(() => RunPlan.From(new TrainArguments { Resume = true, Out = Run, Epochs = 3, Seed = 7 })).Should().NotThrow();
    }

    [Fact]
    public void What_contradicts_the_stored_recipe_is_refused()
    {
        Interrupt();
        (TrainArguments Arguments, string Message)[] contradictions =
        [
            (new() { Recipe = "smoke" }, "--recipe smoke contradicts*(tiny)*"),
            (new() { LearningRate = 0.5 }, "--lr 0.5 contradicts*(the recipe's schedule)*"),
            (new() { Batch = 24 }, "--batch 24 contradicts*(12)*"),
            (new() { Limit = 100 }, "--limit 100 contradicts*(none)*"),
            (new() { Seed = 8 }, "--seed 8 contradicts*(7)*"),
        ];

        foreach (var (arguments, message) in contradictions)
        {
            FluentActions.Invoking(() => RunPlan.From(arguments with { Resume = true, Out = Run }))
                .Should().Throw<UsageException>().WithMessage(message);
        }
    }

    [Fact]
    public void A_folder_without_a_checkpoint_cannot_be_resumed()
    {
        Directory.CreateDirectory(Run);

        FluentActions.Invoking(() => RunPlan.From(new TrainArguments { Resume = true, Out = Run }))
            .Should().Throw<UsageException>().WithMessage($"There is no checkpoint in {Run} to resume from.");
    }

    [Fact]
    public void A_checkpoint_does_not_continue_in_the_folder_of_another_run()
    {
        Interrupt();
        Directory.CreateDirectory(folder["other"]);
        File.WriteAllText(folder["other/config.json"], "{}");
        File.WriteAllText(folder["other/last.safetensors"], "");

        FluentActions.Invoking(() => RunPlan.From(new TrainArguments { Resume = true, ResumeFile = Last, Out = folder["other"] }))
            .Should().Throw<UsageException>().WithMessage("*holds a run already*");
    }

    // Cancelled when the first epoch is reported, so the trainer stops after the first of four steps of the second one.
    private void Interrupt()
    {
        using var cancellation = new CancellationTokenSource();
        var watcher = new Watcher(e =>
        {
            if (e is EpochEvent)
            {
                cancellation.Cancel();
            }
        });

        FluentActions.Invoking(() => TinyRun.Execute(Run, watcher: watcher, cancellationToken: cancellation.Token))
            .Should().Throw<OperationCanceledException>();
    }

    private static IEnumerable<string> Accuracies(string csv) =>
        File.ReadAllLines(csv).Select(line => line.Split(',')).Select(row => string.Join(',', row[..2].Concat(row[4..])));
}
