using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

public sealed class ReadmeTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("src/GoogLeNet.Net/package/README.md")]
    public void The_example_is_the_quickstart_that_is_compiled(string document)
    {
        var program = File.ReadAllText(Repository.PathOf("samples", "Quickstart", "Program.cs"));
        File.ReadAllText(Repository.PathOf(document)).Should().Contain($"```csharp\n{program}```");
    }

    [Fact]
    public void Every_file_that_the_documents_link_to_exists()
    {
        foreach (var document in Directory.GetFiles(Repository.PathOf("docs"), "*.md").Append(Repository.PathOf("README.md")))
        {
            var links = System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(document), @"\]\((?!https?:)([^)#]+)").Select(match => match.Groups[1].Value);
            links.Where(link => !File.Exists(Path.Combine(Path.GetDirectoryName(document)!, link))).Should().BeEmpty(document);
        }
    }
}
