using System.Runtime.InteropServices;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace Consumer;

/// <summary>A program with GoogLeNet.Net.Inference alone computes with a model file, however it is published.</summary>
[Collection(TemporaryFeed.Name)]
public sealed class DeployedTests(TemporaryFeed feed, ITestOutputHelper output)
{
    private const string Native = "GOOGLENET_NATIVE_AOT";
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
        if (Environment.GetEnvironmentVariable(Native) == "1")
        {
            (await PublishAsync(project, weights, $"{ForHere} -p:PublishAot=true")).Should().Equal(whole);
        }
        else
        {
            output.WriteLine($"Native AOT is left out, for it needs a compiler's linker: {Native}=1 tries it. Its analyzers hold the library at every build.");
        }
    }

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
