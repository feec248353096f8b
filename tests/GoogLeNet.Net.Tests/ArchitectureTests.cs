using System.Text.RegularExpressions;
using FluentAssertions;
using Mono.Cecil;
using Mono.Cecil.Cil;
using NetArchTest.Rules;
using Xunit;

namespace Inception.Tests;

/// <summary>Which folder may use which: the table of docs/contributing.md, held against the compiled assemblies.</summary>
public sealed partial class ArchitectureTests
{
    // Folder → folders whose types it may use.
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Kernels"] = [],
        ["Specs"] = [],
        ["Weights"] = ["Specs"],
        ["Pictures"] = [],
        ["Graph"] = ["Kernels", "Specs", "Weights", "Pictures"],
        ["Common"] = [],
        ["Runtime"] = [],
        ["Operators"] = ["Kernels", "Common"],
        ["Models"] = ["Specs", "Weights", "Graph", "Operators", "Common", "Runtime"],
        ["Data"] = ["Pictures", "Common", "Runtime"],
        ["Interop"] = ["Models", "Specs", "Weights", "Graph", "Data", "Common", "Runtime"],
        ["Distributed"] = ["Kernels", "Common", "Runtime"],
        ["Training"] = ["Models", "Data", "Weights", "Distributed", "Common", "Runtime"],
        ["Evaluation"] = ["Models", "Data", "Weights", "Pictures", "Common", "Runtime"],
    };

    // Single types that cross, and why.
    private static readonly (string Folder, string Type)[] Exceptions =
    [
        ("Training", "SpecJson"), // One way of writing JSON for specs, options and transforms.
        ("Evaluation", "SpecJson"),
        ("Data", "SpecJson"),
        ("Training", "CpuFeatures"), // Whether bfloat16 pays is a question about the processor.
    ];

    private static readonly Dictionary<string, string> FolderOfType = ReadFolders();

    public static TheoryData<string> Folders => [.. Arrows.Keys];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_those_that_it_may_use_and_no_other(string folder)
    {
        var crossings = new List<string>();

        Types.InAssemblies([typeof(GoogLeNet).Assembly, typeof(GoogLeNetSpec).Assembly]).That().MeetCustomRule(new InFolder(folder)).Should()
            .MeetCustomRule(new UsesOnly(folder, crossings)).GetResult().IsSuccessful.Should().BeTrue(string.Join("; ", crossings.Distinct()));
    }

    [Theory]
    [InlineData("Data", null)]
    [InlineData("Training", null)]
    public void Folders_inside_a_folder_do_not_use_each_other_both_ways(string folder, string? except)
    {
        var arrows = new HashSet<(string From, string To)>();
        foreach (var type in AssemblyDefinition.ReadAssembly(typeof(GoogLeNet).Assembly.Location).MainModule.Types.Where(type => FolderOf(type) == folder))
        {
            arrows.UnionWith(Uses(type).Where(used => FolderOf(used) == folder).Select(used => (PathOf(type)!, PathOf(used)!)));
        }

        arrows.Should().NotBeEmpty();
        arrows.Where(arrow => arrow.From != arrow.To && arrow.From != except && arrow.To != except && arrows.Contains((arrow.To, arrow.From))).Should().BeEmpty();
    }

    [Fact]
    public void Every_folder_of_the_sources_has_its_row()
    {
        string[] projects = ["GoogLeNet.Net.Inference", "GoogLeNet.Net"];

        projects.SelectMany(project => Directory.GetDirectories(Repository.PathOf("src", project))).Select(folder => Path.GetFileName(folder)!)
            .Except(["bin", "obj", "package"]).Should().BeEquivalentTo(Arrows.Keys);
    }

    [Fact]
    public void Layers_ask_operators_alone_and_only_the_compiled_network_looks_at_memory()
    {
        var crossings = new List<string>();

        Types.InAssembly(typeof(GoogLeNet).Assembly).That().MeetCustomRule(new InFolder("Models")).And().DoNotHaveName(nameof(CompiledGoogLeNet)).Should()
            .MeetCustomRule(new UsesOnly("Models", crossings, allowedTypes: ["Ops", "Pool2d"])).GetResult()
            .IsSuccessful.Should().BeTrue(string.Join("; ", crossings.Distinct()));
    }

    [Fact]
    public void The_inference_assembly_depends_on_the_framework_alone() =>
        typeof(GoogLeNetSpec).Assembly.GetReferencedAssemblies().Should().OnlyContain(name => name.Name!.StartsWith("System", StringComparison.Ordinal));

    [Fact]
    public void Unsafe_code_is_in_the_kernels_alone()
    {
        Types.InAssembly(typeof(GoogLeNet).Assembly).Should().MeetCustomRule(new HasNoPointers()).GetResult().FailingTypeNames.Should().BeNullOrEmpty();
        Types.InAssembly(typeof(GoogLeNetSpec).Assembly).That().DoNotResideInNamespace("Inception.Kernels").Should().MeetCustomRule(new HasNoPointers()).GetResult()
            .FailingTypeNames.Should().BeNullOrEmpty();
        typeof(GoogLeNet).Module.GetCustomAttributes(inherit: false).Select(attribute => attribute.GetType().Name).Should().NotContain("UnverifiableCodeAttribute");
    }

    // Tensor.shape and Tensor.stride() keep native memory until the next collection: thousands of small blocks in a step, between which the allocator cannot join what large ones leave.
    [Fact]
    public void Operators_ask_for_the_sizes_of_tensors_one_by_one()
    {
        var callers =
            from type in AssemblyDefinition.ReadAssembly(typeof(GoogLeNet).Assembly.Location).MainModule.Types.Where(type => FolderOf(type) == "Operators")
            from method in type.NestedTypes.Append(type).SelectMany(each => each.Methods).Where(method => method.HasBody)
            where method.Body.Instructions.Any(instruction => instruction.Operand is MethodReference { DeclaringType.Name: "Tensor", Name: "get_shape" or "stride", HasParameters: false })
            select $"{type.Name}.{method.Name}";

        callers.Should().Equal(["Ops.Dropout"], "it runs thrice a step");
    }

    // Where each type of the library is declared.
    private static Dictionary<string, string> ReadFolders()
    {
        var folders = new Dictionary<string, string>();
        foreach (var project in (string[])["GoogLeNet.Net.Inference", "GoogLeNet.Net"])
        {
            var root = Repository.PathOf("src", project);
            foreach (var file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories))
            {
                var folder = Path.GetDirectoryName(Path.GetRelativePath(root, file))!.Replace(Path.DirectorySeparatorChar, '/');
                var text = File.ReadAllText(file);
                foreach (Match match in Declaration().Matches(text).Where(_ => folder.Split('/')[0] is not "bin" and not "obj"))
                {
                    folders[$"{Namespace().Match(text).Groups["name"].Value}.{match.Groups["name"].Value}"] = folder;
                }
            }
        }

        return folders;
    }

    private static string? FolderOf(TypeReference type) => PathOf(type)?.Split('/')[0];

    private static string? PathOf(TypeReference type)
    {
        var outermost = type.GetElementType();
        while (outermost.DeclaringType is { } declaring)
        {
            outermost = declaring;
        }

        return FolderOfType.GetValueOrDefault($"{outermost.Namespace}.{outermost.Name.Split('`')[0]}");
    }

    private static IEnumerable<TypeReference> Uses(TypeDefinition type)
    {
        var used = new List<TypeReference?> { type.BaseType };
        used.AddRange(type.Interfaces.Select(each => each.InterfaceType));
        used.AddRange(type.Fields.Select(field => field.FieldType));
        foreach (var method in type.Methods)
        {
            used.Add(method.ReturnType);
            used.AddRange(method.Parameters.Select(parameter => parameter.ParameterType));
            used.AddRange(method.HasBody ? method.Body.Variables.Select(variable => variable.VariableType) : []);
            used.AddRange(method.HasBody ? method.Body.Instructions.SelectMany(Operands) : []);
        }

        return used.OfType<TypeReference>().SelectMany(Parts).Concat(type.NestedTypes.SelectMany(Uses));
    }

    private static IEnumerable<TypeReference> Operands(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method => [method.DeclaringType, .. method.GenericArguments],
        MemberReference member => [member.DeclaringType],
        _ => [],
    };

    private static IEnumerable<TypeReference> Parts(TypeReference type) =>
        type is GenericInstanceType generic ? [generic.ElementType, .. generic.GenericArguments.SelectMany(Parts)] : [type];

    [GeneratedRegex(@"^\s*(?:public |internal |private |file )?(?:static |sealed |abstract |partial |readonly |unsafe |ref )*(?:class|record struct|record|struct|interface|enum|delegate \S+) (?<name>[A-Z]\w*)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    private sealed class InFolder(string folder) : ICustomRule
    {
        public bool MeetsRule(TypeDefinition type) => !type.IsNested && FolderOf(type) == folder;
    }

    private sealed class UsesOnly(string folder, List<string> crossings, string[]? allowedTypes = null) : ICustomRule
    {
        public bool MeetsRule(TypeDefinition type)
        {
            var found = Uses(type).Where(used => !IsAllowed(used)).Select(used => $"{type.Name} uses {used.GetElementType().Name} of {FolderOf(used)}").ToList();
            crossings.AddRange(found);
            return found.Count == 0;
        }

        private bool IsAllowed(TypeReference used)
        {
            var (other, name) = (FolderOf(used), used.GetElementType().Name.Split('`')[0]);
            return other is null || other == folder || Exceptions.Contains((folder, name))
                || (Arrows[folder].Contains(other) && (allowedTypes is null || other != "Operators" || allowedTypes.Contains(name)));
        }
    }

    private sealed class HasNoPointers : ICustomRule
    {
        public bool MeetsRule(TypeDefinition type) => type.FullName.Contains('<') || !Uses(type).Any(used => used.IsPointer);
    }
}
