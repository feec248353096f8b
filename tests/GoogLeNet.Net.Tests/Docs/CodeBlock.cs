using System.Text.RegularExpressions;

namespace Inception.Tests.Docs;

/// <summary>A fenced block of C# in a document.</summary>
/// <param name="Place">Document and line.</param>
/// <param name="Kind">What follows <c>csharp</c> on the fence: empty for our own code, otherwise the library that it is for.</param>
/// <param name="Code">Between the fences.</param>
internal sealed partial record CodeBlock(string Place, string Kind, string Code)
{
    /// <summary>Every block of README, docs and the package's README.</summary>
    public static IEnumerable<CodeBlock> All() =>
        Directory.GetFiles(Repository.PathOf("docs"), "*.md").Order()
            .Append(Repository.PathOf("README.md")).Append(Repository.PathOf("src", "GoogLeNet.Net", "package", "README.md"))
            .SelectMany(In);

    private static IEnumerable<CodeBlock> In(string path)
    {
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var document = Path.GetRelativePath(Repository.PathOf(), path);
        return Fences().Matches(text).Select(match =>
            new CodeBlock($"{document}:{text[..match.Index].Count(c => c == '\n') + 1}", match.Groups["kind"].Value.Trim(), match.Groups["code"].Value));
    }

    [GeneratedRegex("^```csharp(?<kind>[^\n]*)\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();
}
