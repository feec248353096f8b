using System.Text.RegularExpressions;
using FluentAssertions;
using Inception.Tests;
using Xunit;

namespace Consumer;

/// <summary>A person's first minutes with the package: a new project outside the repository, the package, a program.</summary>
[Collection(TemporaryFeed.Name)]
public sealed partial class NewProjectTests(TemporaryFeed feed)
{
    private const string Training = ".Fit(cifar.Train, cifar.Test";

    [Fact]
    public async Task The_readmes_example_compiles_as_it_stands_and_inside_a_namespace_and_runs()
    {
        var example = Code("README.md")[0];
        Code("src/GoogLeNet.Net/package/README.md").Should().Equal(example);

        await Command.RunAsync(await feed.PicturesAsync(example), "dotnet", "build", "--no-restore", "-warnaserror");
        await Command.RunAsync(await feed.PicturesAsync(InsideNamespace(example)), "dotnet", "build", "--no-restore", "-warnaserror");

        example.Should().Contain(Training);
        var output = await Command.RunAsync(await feed.PicturesAsync(OnFewImages(example)), "dotnet", "run", "--no-restore");
        Lines(output).Should().HaveCount(3).And.OnlyContain(line => line.EndsWith("% of the test images"));
    }

    [Fact]
    public async Task Getting_started_pasted_whole_compiles_and_runs()
    {
        var whole = string.Join('\n', Code("docs/getting-started.md"));
        var project = await feed.PicturesAsync(OnFewImages(whole).Replace(".to(CUDA)", ".to(cuda.is_available() ? CUDA : CPU)", StringComparison.Ordinal));
        Picture.Write(Path.Combine(project, "cat.jpg"), seed: 0);
        for (var i = 0; i < 10; i++)
        {
            Picture.Write(Path.Combine(project, "flowers", i % 2 == 0 ? "rose" : "tulip", $"{i}.jpg"), seed: i);
        }

        var output = await Command.RunAsync(project, "dotnet", "run", "--no-restore", "-p:TreatWarningsAsErrors=true");

        Lines(output)[..3].Should().OnlyContain(line => line.EndsWith("% of the test images"));
        Lines(output)[3].Should().MatchRegex(@"^(airplane|automobile|bird|cat|deer|dog|frog|horse|ship|truck) \(\d+ ?%\)$");
        Lines(output)[4..].Should().ContainSingle("the last training shows its progress").Which.Should().StartWith("epoch ");
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

    // The training takes seconds.
    private static string OnFewImages(string program) => program.Replace(Training, ".Fit(cifar.Train.TakeStratified(8, seed: 1), cifar.Test.TakeStratified(8, seed: 1)", StringComparison.Ordinal)
        .Replace("Epochs = 2, BatchSize = 128", "Epochs = 1, BatchSize = 8", StringComparison.Ordinal);

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
}
