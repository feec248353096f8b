using System.Text.Json.Nodes;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
[Trait("Category", "RealData")]
public sealed class SmokePrecisionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_smoke_recipe_in_bfloat16_lands_within_two_points_of_float32()
    {
        var single = await AccuracyAsync("fp32");
        var half = await AccuracyAsync("bf16");

        half.Should().BeApproximately(single, 2);
    }

    private async Task<double> AccuracyAsync(string precision)
    {
        var result = await SampleProcess.RunAsync("train", "--recipe", "smoke", "--precision", precision, "--device", "cpu", "--out", folder[precision]);
        result.ExitCode.Should().Be(0, result.Errors);
        return (double)JsonNode.Parse(await File.ReadAllTextAsync(folder[$"{precision}/metrics.json"]))!["testAccuracy"]!;
    }
}
