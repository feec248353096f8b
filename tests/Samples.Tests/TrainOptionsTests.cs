using System.Text.Json.Nodes;
using Cifar10Training.Display;
using Cifar10Training.Runs;
using FluentAssertions;
using Inception.Data;
using TorchSharp;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>What the options of <c>cifar10 train</c> change, seen from outside: the command as a process, and its files.</summary>
[Collection(SampleCollection.Name)]
public sealed class TrainOptionsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_option_of_a_run_is_in_what_it_does_and_in_what_it_writes()
    {
        await File.WriteAllTextAsync(folder["recipe.json"], TinyRun.Recipe.ToJson());

        var result = await SampleProcess.RunAsync(
            "train", "--recipe", folder["recipe.json"], "--data", "synthetic", "--out", folder["run"], "--device", "cpu",
            "--limit", "60", "--batch", "10", "--epochs", "2", "--seed", "11", "--precision", "bf16", "--lr", "0.25");

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines.Should().ContainSingle(line => line.StartsWith("Recipe ", StringComparison.Ordinal)).Which.Should().Contain("2 epochs, batches of 10, seed 11");
        result.OutputLines.Should().ContainSingle(line => line.StartsWith("Data ", StringComparison.Ordinal)).Which.Should().Contain("60 training and 12 test images");
        var recipe = Json("config.json")["recipe"]!;
        var trainer = recipe["trainer"]!;
        ((int)recipe["limit"]!, (int)trainer["batchSize"]!, (int)trainer["epochs"]!, (int)trainer["seed"]!).Should().Be((60, 10, 2, 11));
        ((string)trainer["precision"]!).Should().Be("bFloat16");
        ((double)trainer["schedule"]!["peak"]!).Should().Be(0.25);
        var metrics = Json("metrics.json");
        ((int)metrics["epochs"]!, (int)metrics["seed"]!).Should().Be((2, 11));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("flip")]
    public void A_run_is_tested_on_the_recipes_views(string views)
    {
        // Pictures whose left side is bright or dark, and to each its mirror image of the other class: over both views of an image, whatever the network, half is right.
        using var train = Sides(24);
        using var test = Sides(12);
        var recipe = TinyRun.Recipe with
        {
            TestViews = views,
            Trainer = TinyRun.Recipe.Trainer with { Epochs = 10, TrainTransforms = [new ScaleToUnit()] },
        };
        using var opened = RunFolder.Open(folder["run"], resumed: false);
        var run = new TrainingRun(new RunPlan(recipe, "cpu", folder["run"]), opened, MachineFacts.Prepare(threads: 1), new PlainDisplay(TextWriter.Null));

        var metrics = run.Execute(train, test, default);

        metrics.Heads["main"].TestAccuracy.Should().Be(100, "the images alone are learned");
        metrics.TestAccuracy.Should().Be(views == "flip" ? 50 : 100);
    }

    // Image 2n is bright on the left, image 2n + 1 the same mirrored.
    private static TensorDataset Sides(int count)
    {
        using var scope = torch.NewDisposeScope();
        byte Value(int n, int p) => (byte)((p % 8 < 4 ? 150 : 50) + ((n * 31 + p * 17) % 50));
        var pixels = Enumerable.Range(0, count / 2).SelectMany(n => Enumerable.Range(0, 3 * 8 * 8).Select(p => Value(n, p))).ToArray();
        var left = torch.tensor(pixels).view(count / 2, 3, 8, 8);
        var images = torch.stack([left, left.flip(3)], 1).view(count, 3, 8, 8);
        return new TensorDataset(images, torch.arange(count).remainder(2), ["left", "right"]);
    }

    private JsonNode Json(string name) => JsonNode.Parse(File.ReadAllText(folder[$"run/{name}"]))!;
}
