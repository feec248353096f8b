using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using FluentAssertions;
using Inception.Tests;
using Xunit;
using Xunit.Abstractions;

namespace Consumer;

/// <summary>A program whose first statement is TorchSharp's own trains, saves, loads and predicts, however it is started.</summary>
[Collection(TemporaryFeed.Name)]
public sealed partial class PublishedTests(TemporaryFeed feed, ITestOutputHelper output)
{
    private static readonly string SelfContained = $"-r {RuntimeInformation.RuntimeIdentifier} --self-contained";

    public static TheoryData<string> Publications => new(
        $"{SelfContained} -p:PublishTrimmed=true",
        $"{SelfContained} -p:PublishSingleFile=true",
        $"{SelfContained} -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true");

    [Fact]
    public async Task From_its_project() => Check((await feed.TrainedAsync()).Output);

    [Theory]
    [MemberData(nameof(Publications))]
    public Task From_a_published_folder(string options) => PublishedRunsAsync(options, folder => [Path.Combine(folder, "Pictures")]);

    [LinuxFact]
    public Task By_the_commands_of_the_deployment_pages_container()
    {
        var file = File.ReadAllText(Repository.PathOf("docs/deployment.md"));
        var options = PublishCommand().Match(file).Groups["options"].Value;
        string[] start = JsonSerializer.Deserialize<string[]>(EntryPoint().Match(file).Groups["words"].Value)!;
        start.Should().HaveCount(2).And.EndWith("Labels.dll");
        return PublishedRunsAsync(options, _ => [start[0], start[1].Replace("Labels", "Pictures", StringComparison.Ordinal)]);
    }

    [GeneratedRegex(@"^RUN dotnet publish (?<options>.+) -o /app$", RegexOptions.Multiline)]
    private static partial Regex PublishCommand();

    [GeneratedRegex(@"^ENTRYPOINT (?<words>\[.+\])$", RegexOptions.Multiline)]
    private static partial Regex EntryPoint();

    private async Task PublishedRunsAsync(string options, Func<string, string[]> start)
    {
        var project = await PicturesAsync();
        var folder = Directory.CreateDirectory(Path.Combine(project, "..", "published")).FullName;
        try
        {
            await Command.RunAsync(project, "dotnet", ["publish", "-o", folder, .. options.Split(' ')]);

            output.WriteLine($"{TemporaryFeed.Size(folder)}: {options}");

            // Libraries that lie within the program's file are unpacked there, and not in the user's folder.
            Dictionary<string, string> environment = new() { ["DOTNET_BUNDLE_EXTRACT_BASE_DIR"] = Path.Combine(folder, "unpacked") };
            var command = start(folder);
            Check(await Command.RunAsync(folder, environment, command[0], command[1..]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private Task<string> PicturesAsync() => feed.PicturesAsync(TemporaryFeed.Program("Pictures.cs"), TemporaryFeed.Program("Usings.cs"));

    private void Check(string printed)
    {
        printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal("False", "epochs 3", "learned True", "same True", "probabilities 1.000", "onnx True");
        PackageCache.Files().Should().Equal(feed.CacheBefore, "nothing changes the package cache");
        feed.CacheBefore.Should().NotBeEmpty();
    }
}
