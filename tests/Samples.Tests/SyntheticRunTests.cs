using System.Text.Json.Nodes;
using Cifar10Training.Recipes;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class SyntheticRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_run_on_synthetic_images_says_so_wherever_its_results_appear()
    {
        var recipe = BuiltInRecipes.Smoke with { Name = "drawn", Limit = 50, Trainer = BuiltInRecipes.Smoke.Trainer with { Epochs = 1, BatchSize = 25 } };
        await File.WriteAllTextAsync(folder["recipe.json"], recipe.ToJson());

        var result = await SampleProcess.RunAsync("train", "--recipe", folder["recipe.json"], "--data", "synthetic", "--out", folder["run"]);

        result.ExitCode.Should().Be(0, result.Errors);
        var lines = result.Output.Split('\n');
        lines.Single(line => line.StartsWith("Data ", StringComparison.Ordinal)).Should().Contain("50 training and 10 test images, synthetic");
        lines.Single(line => line.StartsWith("Done ", StringComparison.Ordinal)).Should().Contain("on synthetic images");
        Text("run/report.html").Should().Contain("<h1>GoogLeNet on synthetic images</h1>").And.NotContain("CIFAR-10");
        Text("run/curve.svg").Should().Contain("on synthetic images").And.NotContain("CIFAR-10");
        Field("run/metrics.json").Should().Be("synthetic");
        Field("run/config.json").Should().Be("synthetic");

        var resumed = await SampleProcess.RunAsync("train", "--resume", "--out", folder["run"]);

        resumed.ExitCode.Should().Be(0, resumed.Errors);
        resumed.Output.Should().Contain("test images, synthetic");
        Field("run/config.json").Should().Be("synthetic", "a resumed run keeps its data");
    }

    private string Text(string name) => File.ReadAllText(folder[name]);

    private string Field(string name) => (string)JsonNode.Parse(Text(name))!["data"]!;
}
