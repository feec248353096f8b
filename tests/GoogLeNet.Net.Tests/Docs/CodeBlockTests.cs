using FluentAssertions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TorchSharp;
using Xunit;

namespace Inception.Tests.Docs;

/// <summary>
/// Every C# block of the documents compiles against the library as it is: as a program, as members of a class, or as an expression. What fragments
/// take for given is in Context.cs.txt. A block that is marked as another library's is held to the language's grammar alone.
/// </summary>
public sealed class CodeBlockTests
{
    private static readonly CSharpParseOptions Latest = new(LanguageVersion.Latest);

    private static readonly SyntaxTree Context = Parse(File.ReadAllText(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Docs", "Context.cs.txt")));

    private static readonly IReadOnlyList<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Append(typeof(GoogLeNet).Assembly.Location).Append(typeof(torch).Assembly.Location).Distinct()
            .Where(path => !path.EndsWith("cifar10.dll", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static TheoryData<string> Places => new(CodeBlock.All().Select(block => block.Place));

    [Theory]
    [MemberData(nameof(Places))]
    public void A_block_of_code_compiles(string place)
    {
        var block = CodeBlock.All().Single(candidate => candidate.Place == place);

        var errors = block.Kind.Length == 0 ? Errors(block.Code) : Parse(block.Code).GetDiagnostics().Where(IsError).Select(error => error.ToString());

        errors.Should().BeEmpty();
    }

    [Fact]
    public void A_block_with_a_mistyped_member_would_be_found()
    {
        Errors("var n = model.NumClases;").Should().ContainSingle().Which.Should().Contain("NumClases");
        Errors("new StepDecay(0.1)").Should().ContainSingle().Which.Should().Contain("factor");
        Errors("public static int Classes() => model.Classes;").Should().ContainSingle().Which.Should().Contain("Classes");
    }

    // The errors of the form that the block has.
    private static IReadOnlyList<string> Errors(string code)
    {
        var expression = SyntaxFactory.ParseExpression(code, options: Latest);
        if (!expression.ContainsDiagnostics && expression.FullSpan.Length == code.Length)
        {
            return Compile($"_ = {code};");
        }

        var members = Parse(code).GetCompilationUnitRoot().Members;
        var isMethod = members.OfType<GlobalStatementSyntax>().Any(statement =>
            statement.Statement is LocalFunctionStatementSyntax { Modifiers: var modifiers } && modifiers.Any(SyntaxKind.PublicKeyword));
        return Compile(isMethod ? $"internal static class Members\n{{\n{code}\n}}" : code);
    }

    private static string[] Compile(string code)
    {
        var tree = Parse(code);
        var isProgram = tree.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any();
        var options = new CSharpCompilationOptions(
            isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        return [.. CSharpCompilation.Create("Block", [Context, tree], References, options).GetDiagnostics().Where(IsError).Select(error => error.ToString())];
    }

    private static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(code, Latest);

    private static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;
}
