using FluentAssertions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using TorchSharp;
using Xunit;

namespace Inception.Tests;

/// <summary>
/// What makes the host wait for a GPU is an error of the library's build by BannedSymbols.txt. Here is what the build says nothing of: a line that names no member any
/// more, and two kinds of waits that the analyzer cannot tell from calls that do not wait.
/// </summary>
public sealed class BannedApiTests
{
    // What ImplicitUsings brings.
    private const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly string Library = Repository.PathOf("src", "GoogLeNet.Net");

    private static readonly IReadOnlyList<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Append(typeof(torch).Assembly.Location).Append(typeof(GoogLeNet).Assembly.Location).Distinct()
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    [Fact]
    public void Every_banned_symbol_is_a_member()
    {
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, metadataImportOptions: MetadataImportOptions.Internal);
        var compilation = CSharpCompilation.Create("Empty", references: References, options: options);
        var symbols = File.ReadLines(Path.Combine(Library, "BannedSymbols.txt"))
            .Where(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal)).Select(line => line.Split(';')[0]).ToList();

        symbols.Should().Contain("M:TorchSharp.torch.Tensor.item``1").And.OnlyHaveUniqueItems();
        symbols.Where(id => DocumentationCommentId.GetSymbolsForDeclarationId(id, compilation).IsEmpty).Should().BeEmpty();
    }

    [Fact]
    public void No_array_is_put_on_a_device_and_no_tensor_is_an_index() => Waits(LibraryFiles()).Should().BeEmpty("Upload.SentTo, index_select, gather and where do not wait");

    [Theory]
    [InlineData("tensor([1f, 2f], device: weights.device)")]
    [InlineData("as_tensor(new[] { 1f }, float32, weights.device)")]
    [InlineData("weights[weights.gt(0)]")]
    public void A_wait_of_these_kinds_would_be_found(string expression) =>
        Waits([("Snippet.cs", $"using TorchSharp; using static TorchSharp.torch; class C {{ Tensor M(Tensor weights) => {expression}; }}")]).Should().ContainSingle();

    private static IEnumerable<(string Name, string Text)> LibraryFiles() =>
        Directory.EnumerateFiles(Library, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Library, path).Replace('\\', '/'))
            .Where(name => !name.StartsWith("obj/", StringComparison.Ordinal) && !name.StartsWith("bin/", StringComparison.Ordinal))
            .Select(name => (name, File.ReadAllText(Path.Combine(Library, name))));

    private static List<string> Waits(IEnumerable<(string Name, string Text)> files)
    {
        var parse = new CSharpParseOptions(LanguageVersion.Latest);
        var trees = files.Append(("GlobalUsings.cs", GlobalUsings)).Select(file => CSharpSyntaxTree.ParseText(file.Item2, parse, file.Item1)).ToList();
        var references = References.Where(reference => reference.Display != typeof(GoogLeNet).Assembly.Location);
        var compilation = CSharpCompilation.Create("Library", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        return
        [
            .. from tree in trees
               let model = compilation.GetSemanticModel(tree)
               from node in tree.GetRoot().DescendantNodes()
               where node is InvocationExpressionSyntax or ElementAccessExpressionSyntax
               where IsWait(model.GetOperation(node))
               select $"{tree.FilePath}({node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}): {node}",
        ];
    }

    private static bool IsWait(IOperation? operation) => operation switch
    {
        IInvocationOperation { TargetMethod: { Name: "tensor" or "as_tensor" or "from_array" or "frombuffer", ContainingType.Name: "torch" } } call =>
            call.Arguments.Any(argument => argument is { ArgumentKind: ArgumentKind.Explicit, Parameter.Name: "device" }),
        IPropertyReferenceOperation { Property: { IsIndexer: true, ContainingType.Name: "Tensor" } indexer } =>
            indexer.Parameters.Any(parameter => parameter.Type is IArrayTypeSymbol { ElementType.Name: "Tensor" }),
        _ => false,
    };
}
