using System.Runtime.InteropServices;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace Consumer;

/// <summary>A program with GoogLeNet.Net.Inference alone computes with a model file, however it is published.</summary>
[Collection(TemporaryFeed.Name)]
public sealed class DeployedTests(TemporaryFeed feed, ITestOutputHelper output)
{
    private static readonly string ForHere = $"-r {RuntimeInformation.RuntimeIdentifier} -p:TreatWarningsAsErrors=true -p:TrimmerSingleWarn=false";

    [Fact]
    public async Task Published_in_every_way_it_says_the_same()
    {
        var (_, weights) = await feed.TrainedAsync();
        var project = await feed.ProjectAsync("Deployed", "C#", "GoogLeNet.Net.Inference");
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), TemporaryFeed.Program("Deployed.cs"));

        var whole = await PublishAsync(project, weights, "--no-self-contained");
        var trimmed = await PublishAsync(project, weights, $"{ForHere} --self-contained -p:PublishTrimmed=true");

        whole.Should().HaveCount(10).And.OnlyContain(line => line.StartsWith("synthetic "));
        trimmed.Should().Equal(whole);
        if (HasLinker)
        {
            (await PublishAsync(project, weights, $"{ForHere} -p:PublishAot=true")).Should().Equal(whole);
        }
    }

    // Native AOT needs one.
    private static bool HasLinker => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "clang")) || File.Exists(Path.Combine(folder, "gcc")));

    private async Task<string[]> PublishAsync(string project, string weights, string options)
    {
        var folder = Directory.CreateTempSubdirectory("googlenet-deployed-").FullName;
        try
        {
            await Command.RunAsync(project, "dotnet", ["publish", "-o", folder, .. options.Split(' ')]);
            output.WriteLine($"{TemporaryFeed.Size(folder)}: {options}");
            return (await Command.RunAsync(folder, Path.Combine(folder, "Deployed"), weights)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
