using System.Text.RegularExpressions;
using FluentAssertions;
using Inception.Tests;
using Xunit;

namespace Consumer;

/// <summary>A person's first minutes with the package: a new project outside the repository, the package, a program.</summary>
[Collection(TemporaryFeed.Name)]
public sealed partial class NewProjectTests(TemporaryFeed feed)
{
    [Fact]
    public async Task The_readmes_example_compiles_as_it_stands_and_inside_a_namespace_and_runs()
    {
        var example = Code("README.md")[0];
        Code("src/GoogLeNet.Net/package/README.md").Should().Equal(example);

        await Command.RunAsync(await feed.PicturesAsync(example), "dotnet", "build", "--no-restore", "-warnaserror");
        await Command.RunAsync(await feed.PicturesAsync(InsideNamespace(example)), "dotnet", "build", "--no-restore", "-warnaserror");

        var project = await feed.PicturesAsync(InSeconds(example));
        Photos(project);
        var lines = Lines(await Command.RunAsync(project, "dotnet", "run", "--no-restore"));
        lines.Where(line => line.StartsWith("epoch ", StringComparison.Ordinal)).Should().ContainSingle();
        lines[^2..].Should().OnlyContain(line => Guess().IsMatch(line));
    }

    [Fact]
    public async Task Getting_started_pasted_whole_compiles_and_runs()
    {
        var whole = string.Join('\n', Code("docs/getting-started.md"));
        var project = await feed.PicturesAsync(InSeconds(whole).Replace(".to(CUDA)", ".to(cuda.is_available() ? CUDA : CPU)", StringComparison.Ordinal));
        Photos(project);

        var lines = Lines(await Command.RunAsync(project, "dotnet", "run", "--no-restore", "-p:TreatWarningsAsErrors=true"));

        lines.Where(line => line.StartsWith("epoch ", StringComparison.Ordinal)).Should().HaveCount(2, "it trains twice, and a finished run is not trained again");
        lines.Where(line => Guess().IsMatch(line)).Should().HaveCount(2, "both classes are named");
        lines.Should().Contain(line => line.StartsWith("accuracy ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_FSharp_program_trains_saves_loads_and_predicts()
    {
        var project = await feed.ProjectAsync("Flowers", "F#", "GoogLeNet.Net", "TorchSharp-cpu");
        await File.WriteAllTextAsync(Path.Combine(project, "Program.fs"), TemporaryFeed.Program("Pictures.fs"));

        var output = await Command.RunAsync(project, "dotnet", "run");

        Lines(output).Should().Equal("false", "epochs 1", "probabilities 1.000");
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Code(string document) =>
        [.. Fences().Matches(File.ReadAllText(Repository.PathOf(document)).ReplaceLineEndings("\n")).Select(match => match.Groups["code"].Value)];

    // Small photos and one epoch, which take seconds.
    private static string InSeconds(string program) =>
        program.Replace("size: 224", "size: 32", StringComparison.Ordinal).Replace("Epochs = 10", "Epochs = 1", StringComparison.Ordinal)
            .Replace("GoogLeNetSpec.TorchVision", "GoogLeNetSpec.CifarSmall", StringComparison.Ordinal);

    // What the documents take for given: a folder of photos with two classes, and a photo beside it.
    private static void Photos(string project)
    {
        Picture.Write(Path.Combine(project, "photo.jpg"), seed: 0);
        for (var i = 0; i < 10; i++)
        {
            Picture.Write(Path.Combine(project, "photos", i % 2 == 0 ? "rose" : "tulip", $"{i}.jpg"), seed: i);
        }
    }

    // The usings stay above, the statements become a method's.
    private static string InsideNamespace(string program)
    {
        var lines = program.Split('\n');
        var usings = lines.Where(line => line.StartsWith("using ", StringComparison.Ordinal) && !line.Contains('='));
        var statements = lines.Where(line => !usings.Contains(line));
        return string.Join('\n', [.. usings, "namespace Contoso.Pictures;", "internal static class Program", "{", "static async Task Main()", "{", .. statements, "}", "}"]);
    }

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"^(rose|tulip): \d+\.\d ?%$")]
    private static partial Regex Guess();
}
