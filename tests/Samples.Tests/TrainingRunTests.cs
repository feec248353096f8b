using System.Globalization;
using System.Text.Json.Nodes;
using Cifar10Training.Commands;
using Cifar10Training.Runs;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class TrainingRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_run_writes_all_its_files_and_nothing_else()
    {
        TinyRun.Execute(folder["run"]);

        Directory.GetFiles(folder["run"]).Select(Path.GetFileName).Should().BeEquivalentTo(
            "config.json", "history.csv", "metrics.json", "last.safetensors", "best.safetensors", "report.html", "curve.svg");
    }

    [Fact]
    public void The_metrics_are_those_of_the_last_row_of_the_history()
    {
        TinyRun.Execute(folder["run"]);

        var metrics = JsonNode.Parse(File.ReadAllText(folder["run/metrics.json"]))!;
        var rows = File.ReadAllLines(folder["run/history.csv"]).Select(line => line.Split(',')).ToList();
        double Last(string column) => double.Parse(rows[^1][Array.IndexOf(rows[0], column)], CultureInfo.InvariantCulture);
        rows.Should().HaveCount(4, "a header and three epochs");
        metrics["testAccuracy"]!.GetValue<double>().Should().BeApproximately(100 * Last("validation_main_accuracy"), 1e-3);
        metrics["heads"]!["main"]!["testAccuracy"]!.GetValue<double>().Should().Be(metrics["testAccuracy"]!.GetValue<double>());
        metrics["heads"]!["aux1"]!["testAccuracy"]!.GetValue<double>().Should().BeApproximately(100 * Last("validation_aux1_accuracy"), 1e-3);
        metrics["heads"]!["aux1"]!["testLoss"]!.GetValue<double>().Should().BeApproximately(Last("validation_aux1_loss"), 1e-6);
    }

    [Fact]
    public void The_metrics_say_what_was_run_on_what_and_how_fast()
    {
        TinyRun.Execute(folder["run"]);

        var metrics = JsonNode.Parse(File.ReadAllText(folder["run/metrics.json"]))!.AsObject();
        metrics.Select(field => field.Key).Should().Equal(
            "testAccuracy", "heads", "epochs", "wallSeconds", "trainImagesPerSecond", "parameters", "recipe", "seed", "device", "engine", "data");
        ((int)metrics["epochs"]!, (string)metrics["recipe"]!, (int)metrics["seed"]!, (string)metrics["device"]!).Should().Be((3, "tiny", 7, "cpu"));
        ((string)metrics["data"]!).Should().Be("cifar-10");
        ((string)metrics["engine"]!).Should().Be("TorchSharp");
        ((double)metrics["wallSeconds"]!).Should().BePositive();
        ((double)metrics["trainImagesPerSecond"]!).Should().BePositive();

        // conv1 3·8·9+8; 3a: four 1×1 of 8·8+8, 3×3 8·8·9+8, 5×5 8·8·25+8; aux1: 32·8+8, 32·16+16, 16·3+3; fc 32·3+3.
        ((long)metrics["parameters"]!).Should().Be(224 + (4 * 72) + 584 + 1608 + 264 + 528 + 51 + 99);
    }

    [Fact]
    public void The_configuration_holds_the_recipe_as_it_was_run()
    {
        TinyRun.Execute(folder["run"]);

        var config = RunConfig.Parse(File.ReadAllText(folder["run/config.json"]));
        config.Recipe.ToJson().Should().Be((TinyRun.Recipe with { Threads = 1 }).ToJson());
        config.Device.Should().Be("cpu");
        config.Machine.Threads.Should().Be(1);
    }

    [Fact]
    public void The_output_names_every_head_after_every_epoch()
    {
        using var output = new StringWriter();

        TinyRun.Execute(folder["run"], output);

        var lines = output.ToString().Split('\n');
        lines.Where(line => line.StartsWith("epoch ", StringComparison.Ordinal)).Should().HaveCount(3).And.AllSatisfy(line => line.Should().Contain("  main  "));
        lines.Where(line => line.TrimStart().StartsWith("aux1 ", StringComparison.Ordinal)).Should().HaveCount(3);
        lines.Where(line => !line.Contains(folder.Path) && line.Length > 80).Should().BeEmpty("a terminal has 80 columns");
        lines.Should().Contain(line => line.StartsWith("Done", StringComparison.Ordinal) && line.Contains("test accuracy"));
    }

    [Fact]
    public void A_folder_that_holds_a_run_is_refused_and_stays_as_it_is()
    {
        Directory.CreateDirectory(folder["run"]);
        File.WriteAllText(folder["run/config.json"], "{}");
        File.WriteAllText(folder["run/last.safetensors"], "precious");

        FluentActions.Invoking(() => TinyRun.Execute(folder["run"])).Should().Throw<UsageException>().WithMessage("*holds a run already*--resume*");

        Directory.GetFiles(folder["run"]).Should().HaveCount(2);
        File.ReadAllText(folder["run/config.json"]).Should().Be("{}");
        File.ReadAllText(folder["run/last.safetensors"]).Should().Be("precious");
    }

    [Fact]
    public void A_folder_with_other_files_is_used_and_keeps_them()
    {
        Directory.CreateDirectory(folder["run"]);
        File.WriteAllText(folder["run/notes.txt"], "mine");

        TinyRun.Execute(folder["run"]);

        File.ReadAllText(folder["run/notes.txt"]).Should().Be("mine");
    }
}
