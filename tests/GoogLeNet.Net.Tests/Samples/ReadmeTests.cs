using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

public sealed class ReadmeTests
{
    private static readonly string Root = FindRoot(AppContext.BaseDirectory);

    [Fact]
    public void The_example_is_the_quickstart_that_is_compiled()
    {
        var program = File.ReadAllText(Path.Combine(Root, "samples", "Quickstart", "Program.cs"));
        File.ReadAllText(Path.Combine(Root, "README.md")).Should().Contain($"```csharp\n{program}```");
    }

    [Fact]
    public void Every_file_that_the_documents_link_to_exists()
    {
        foreach (var document in Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Append(Path.Combine(Root, "README.md")))
        {
            var links = System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(document), @"\]\((?!https?:)([^)#]+)").Select(match => match.Groups[1].Value);
            links.Where(link => !File.Exists(Path.Combine(Path.GetDirectoryName(document)!, link))).Should().BeEmpty(document);
        }
    }

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "GoogLeNet.Net.sln")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
