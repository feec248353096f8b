using FluentAssertions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Mono.Cecil;
using TorchSharp;
using Xunit;

namespace Inception.Tests;

/// <summary>
/// What makes the host wait for a GPU is an error of the library's build by BannedSymbols.txt. Here is what the build says nothing of: a line that names no member any
/// more, two kinds of waits that the analyzer cannot tell from calls that do not wait, and numbers that TorchSharp hands to libtorch while the collector may free them.
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
    public void No_array_is_put_on_a_device_and_no_tensor_is_an_index() => Find(LibraryFiles(), IsWait).Should().BeEmpty("Upload.SentTo, index_select, gather and where do not wait");

    [Theory]
    [InlineData("tensor([1f, 2f], device: weights.device)")]
    [InlineData("as_tensor(new[] { 1f }, float32, weights.device)")]
    [InlineData("weights[weights.gt(0)]")]
    public void A_wait_of_these_kinds_would_be_found(string expression) =>
        Find(Snippet(expression), IsWait).Should().ContainSingle();

    [Fact]
    public void No_scalar_is_left_to_the_collector() => Find(LibraryFiles(), LeavesScalar).Should().BeEmpty("the methods of Arithmetic dispose theirs, after libtorch has read them");

    [Theory]
    [InlineData("weights.mul(2)")]
    [InlineData("weights.add(weights)")]
    [InlineData("weights + weights")]
    [InlineData("2 * weights")]
    [InlineData("1 - weights")]
    [InlineData("arange(3)")]
    [InlineData("full(3, 2)")]
    [InlineData("weights += weights")]
    [InlineData("weights.mul(2.ToScalar())")]
    [InlineData("nn.BatchNorm2d(3).call(weights)")]
    [InlineData("arange(default(Inception.Kernels.Pool2dShape).Rows)")]
    public void A_scalar_that_is_left_would_be_found(string expression) => Find(Snippet(expression), LeavesScalar).Should().NotBeEmpty();

    [Theory]
    [InlineData("weights * weights")]
    [InlineData("weights - weights")]
    [InlineData("weights.matmul(weights)")]
    public void What_takes_no_number_is_allowed(string expression) => Find(Snippet(expression), LeavesScalar).Should().BeEmpty();

    private static IEnumerable<(string Name, string Text)> Snippet(string expression) =>
        [("Snippet.cs", $"using TorchSharp; using static TorchSharp.torch; class C {{ Tensor M(Tensor weights) => {expression}; }}")];

    private static IEnumerable<(string Name, string Text)> LibraryFiles() =>
        Directory.EnumerateFiles(Library, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Library, path).Replace('\\', '/'))
            .Where(name => !name.StartsWith("obj/", StringComparison.Ordinal) && !name.StartsWith("bin/", StringComparison.Ordinal))
            .Select(name => (name, File.ReadAllText(Path.Combine(Library, name))));

    private static List<string> Find(IEnumerable<(string Name, string Text)> files, Func<IOperation, bool> isSought)
    {
        var parse = new CSharpParseOptions(LanguageVersion.Latest);
        var trees = files.Append(("GlobalUsings.cs", GlobalUsings)).Select(file => CSharpSyntaxTree.ParseText(file.Item2, parse, file.Item1)).ToList();
        var references = References.Where(reference => reference.Display != typeof(GoogLeNet).Assembly.Location);
        var compilation = CSharpCompilation.Create("GoogLeNet.Net", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        return
        [
            .. from tree in trees
               let model = compilation.GetSemanticModel(tree)
               from node in tree.GetRoot().DescendantNodes()
               where node is ExpressionSyntax
               let operation = model.GetOperation(node)
               where operation is not null && (isSought(operation) || (operation.Parent is IConversionOperation { IsImplicit: true } conversion && isSought(conversion)))
               select $"{tree.FilePath}({node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}): {node}",
        ];
    }

    private static bool IsWait(IOperation operation) => operation switch
    {
        IInvocationOperation { TargetMethod: { Name: "tensor" or "as_tensor" or "from_array" or "frombuffer", ContainingType.Name: "torch" } } call =>
            call.Arguments.Any(argument => argument is { ArgumentKind: ArgumentKind.Explicit, Parameter.Name: "device" }),
        IPropertyReferenceOperation { Property: { IsIndexer: true, ContainingType.Name: "Tensor" } indexer } =>
            indexer.Parameters.Any(parameter => parameter.Type is IArrayTypeSymbol { ElementType.Name: "Tensor" }),
        _ => false,
    };

    // A number made a scalar, unless it is disposed or never collected, and a call of a method that makes one for itself.
    private static bool LeavesScalar(IOperation operation) => operation switch
    {
        IConversionOperation { OperatorMethod.ContainingType.Name: nameof(Scalar) } conversion => !IsKept(conversion.Syntax),
        IInvocationOperation { TargetMethod.ReturnType.Name: nameof(Scalar) } call => !IsKept(call.Syntax),
        IInvocationOperation { TargetMethod.Name: "call", Instance.Type: { } module } => Bases(module).SelectMany(type => type.GetMembers("forward")).OfType<IMethodSymbol>().Take(1).Any(MakesScalar),
        IInvocationOperation { TargetMethod: { Name: "invoke", ContainingType.Name: "CompilationUnit" } } => false, // It makes scalars of numbers; the library hands it tensors.
        IInvocationOperation call => MakesScalar(call.TargetMethod),
        IBinaryOperation { OperatorMethod: { } method } => MakesScalar(method),
        ICompoundAssignmentOperation { OperatorMethod: { } method } => MakesScalar(method),
        _ => false,
    };

    private static bool IsKept(SyntaxNode number) => number.Parent is EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Parent.Parent: { } declaration } } && declaration switch
    {
        LocalDeclarationStatementSyntax local => local.UsingKeyword.IsKind(SyntaxKind.UsingKeyword),
        FieldDeclarationSyntax field => field.Modifiers.Any(SyntaxKind.StaticKeyword) && field.Modifiers.Any(SyntaxKind.ReadOnlyKeyword),
        _ => false,
    };

    private static IEnumerable<ITypeSymbol> Bases(ITypeSymbol? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            yield return type;
        }
    }

    private static bool MakesScalar(IMethodSymbol method) =>
        method.ContainingAssembly?.Name == "TorchSharp" && ScalarMakers.Value.Contains(Signature(method.ContainingType.MetadataName, method.Name, method.OriginalDefinition.Parameters.Select(parameter => parameter.Type is IArrayTypeSymbol array ? array.ElementType.MetadataName + "[]" : parameter.Type.MetadataName)));

    // Methods of TorchSharp that make scalars, and those that call them.
    private static readonly Lazy<HashSet<string>> ScalarMakers = new(() =>
    {
        using var module = ModuleDefinition.ReadModule(typeof(torch).Assembly.Location);
        var calls = module.GetTypes().Where(type => type.Name is not nameof(Scalar) and not nameof(ScalarExtensionMethods)).SelectMany(type => type.Methods).Where(method => method.HasBody)
            .SelectMany(method => method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>().Select(called => (Caller: method, Called: called))).ToList();
        var makers = new HashSet<string>(calls.Where(call => IsScalarMaker(call.Called)).Select(call => call.Caller.FullName));
        for (var before = 0; before < makers.Count;)
        {
            before = makers.Count;
            makers.UnionWith(calls.Where(call => makers.Contains(call.Called.FullName)).Select(call => call.Caller.FullName));
        }

        return [.. calls.Select(call => call.Caller).Where(method => makers.Contains(method.FullName))
            .Select(method => Signature(method.DeclaringType.Name, method.Name, method.Parameters.Select(parameter => parameter.ParameterType.Name)))];
    });

    private static bool IsScalarMaker(MethodReference method) => method.DeclaringType.Name switch
    {
        nameof(Scalar) => method.Name == "op_Implicit",
        nameof(ScalarExtensionMethods) => method.ReturnType.Name == nameof(Scalar),
        _ => false,
    };

    private static string Signature(string type, string name, IEnumerable<string> types) => $"{type}.{name}({string.Join(", ", types)})";
}
