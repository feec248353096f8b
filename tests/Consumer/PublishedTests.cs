using System.Runtime.InteropServices;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace Consumer;

/// <summary>A program whose first statement is TorchSharp's own trains, saves, loads and predicts, however it is started.</summary>
[Collection(TemporaryFeed.Name)]
public sealed class PublishedTests(TemporaryFeed feed, ITestOutputHelper output)
{
    private static readonly string SelfContained = $"-r {RuntimeInformation.RuntimeIdentifier} --self-contained";

    public static TheoryData<string> Publications => new(
        "",
        $"{SelfContained} -p:PublishTrimmed=true",
        $"{SelfContained} -p:PublishSingleFile=true",
        $"{SelfContained} -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true");

    [Fact]
    public async Task From_its_project() => Check((await feed.TrainedAsync()).Output);

    [Theory]
    [MemberData(nameof(Publications))]
    public async Task From_a_published_folder(string options)
    {
        var project = await PicturesAsync();
        var folder = Directory.CreateDirectory(Path.Combine(project, "..", "published")).FullName;
        try
        {
            await Command.RunAsync(project, "dotnet", ["publish", "-o", folder, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

            output.WriteLine($"{TemporaryFeed.Size(folder)}: {options}");

            // Libraries that lie within the program's file are unpacked there, and not in the user's folder.
            Dictionary<string, string> environment = new() { ["DOTNET_BUNDLE_EXTRACT_BASE_DIR"] = Path.Combine(folder, "unpacked") };
            Check(await Command.RunAsync(folder, environment, Path.Combine(folder, "Pictures")));
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
