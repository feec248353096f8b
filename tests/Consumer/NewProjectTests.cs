using FluentAssertions;
using Inception.Tests;
using Xunit;

namespace Consumer;

/// <summary>A person's first minutes with the package: a new project outside the repository, the package, a program.</summary>
[Collection(TemporaryFeed.Name)]
public sealed class NewProjectTests(TemporaryFeed feed)
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("src/GoogLeNet.Net/package/README.md")]
    public async Task The_readmes_example_compiles_as_it_stands_and_inside_a_namespace_and_runs(string readme)
    {
        var example = (await File.ReadAllTextAsync(Repository.PathOf(readme))).Split("```csharp\n")[1].Split("```")[0];
        var project = await feed.NewProjectAsync("Example" + readme.Length);

        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), example);
        await Command.RunAsync(project, "dotnet", "build", "--no-restore", "-warnaserror");
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), InsideNamespace(example));
        await Command.RunAsync(project, "dotnet", "build", "--no-restore", "-warnaserror");

        // On a few of the images, for it to take seconds.
        const string training = "trainer.Fit(cifar.Train, cifar.Test)";
        example.Should().Contain(training);
        await File.WriteAllTextAsync(
            Path.Combine(project, "Program.cs"), example.Replace(training, "trainer.Fit(cifar.Train.Take(500, seed: 1), cifar.Test.Take(100, seed: 1))", StringComparison.Ordinal));
        var output = await Command.RunAsync(project, "dotnet", "run", "--no-restore");
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(3).And.OnlyContain(line => line.EndsWith("% of the test images"));
    }

    [Fact]
    public async Task A_program_trains_saves_loads_and_predicts()
    {
        var project = await feed.NewProjectAsync("Pictures");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Programs", "Pictures.cs"), Path.Combine(project, "Program.cs"), overwrite: true);

        var output = await Command.RunAsync(project, "dotnet", "run", "--no-restore");

        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal("epochs 3", "learned True", "same True", "probabilities 1.000");
    }

    // The usings stay above, the statements become a method's.
    private static string InsideNamespace(string program)
    {
        var lines = program.Split('\n');
        var usings = lines.Where(line => line.StartsWith("using ", StringComparison.Ordinal) && !line.Contains('='));
        var statements = lines.Where(line => !usings.Contains(line));
        return string.Join('\n', [.. usings, "namespace Contoso.Pictures;", "internal static class Program", "{", "static async Task Main()", "{", .. statements, "}", "}"]);
    }
}
