using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Inception.Tests;

/// <summary>Writes an assembly's public and protected surface as one line of text per type, base type, interface and member.</summary>
public static class SurfaceFormatter
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The lines of every visible type of <paramref name="assembly"/>, sorted and distinct.</summary>
    public static IReadOnlyList<string> Lines(Assembly assembly) =>
        assembly.GetTypes().Where(IsVisible).SelectMany(Lines).Distinct().Order(StringComparer.Ordinal).ToArray();

    private static IEnumerable<string> Lines(Type type)
    {
        var name = Name(type);
        yield return $"{name} is {Kind(type)}{Constraints(type.GetGenericArguments())}";
        if (type.IsEnum)
        {
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                yield return $"{name} . {field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}";
            }

            yield break;
        }
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            yield return $"{name} extends {Name(parent)}";
        }

        foreach (var contract in type.GetInterfaces().Where(i => i.IsVisible))
        {
            yield return $"{name} implements {Name(contract)}";
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield return $"{name} . {Member(type.GetMethod("Invoke")!)}";
            yield break;
        }
        foreach (var member in type.GetMembers(Declared).Select(Member).OfType<string>())
        {
            yield return $"{name} . {member}";
        }
    }

    private static string? Member(MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } c when IsVisible(c) => $"{Access(c)} new({Parameters(c)})",
        MethodInfo m when IsVisible(m) && !IsAccessor(m) => Method(m),
        PropertyInfo p when Accessors(p).Length > 0 => $"{Name(p.PropertyType)} {p.Name}{Index(p)} {{ {string.Join(" ", Accessors(p))} }}",
        FieldInfo f when f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly => Field(f),
        EventInfo e when e.AddMethod is { } add && IsVisible(add) => $"event {Name(e.EventHandlerType!)} {e.Name}",
        _ => null,
    };

    private static string Method(MethodInfo m)
    {
        var generics = m.IsGenericMethod ? $"<{string.Join(", ", m.GetGenericArguments().Select(Name))}>" : "";
        var extension = m.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return $"{Access(m)} {Name(m.ReturnType)} {m.Name}{generics}({extension}{Parameters(m)}){Constraints(m.IsGenericMethod ? m.GetGenericArguments() : [])}";
    }

    private static string Field(FieldInfo f)
    {
        var modifiers = (f.IsPublic ? "public" : "protected") + (f.IsLiteral ? " const" : f.IsStatic ? " static" : "") + (f.IsInitOnly ? " readonly" : "");
        return $"{modifiers} {Name(f.FieldType)} {f.Name}{(f.IsLiteral ? " = " + Literal(f.GetRawConstantValue()) : "")}";
    }

    private static string[] Accessors(PropertyInfo p) =>
        new[] { (Method: p.GetMethod, Verb: "get"), (Method: p.SetMethod, Verb: "set") }
            .Where(a => a.Method is not null && IsReachable(a.Method)).Select(a => $"{Access(a.Method!)} {a.Verb};").ToArray();

    private static string Index(PropertyInfo p) =>
        p.GetIndexParameters() is { Length: > 0 } index ? $"[{string.Join(", ", index.Select(Parameter))}]" : "";

    private static string Parameters(MethodBase m) => string.Join(", ", m.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo p)
    {
        var direction = p.IsOut ? "out " : p.ParameterType.IsByRef ? p.IsIn ? "in " : "ref " : "";
        var variadic = p.IsDefined(typeof(ParamArrayAttribute)) || p.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "";
        var initial = p.HasDefaultValue ? " = " + Default(p) : "";
        var type = p.ParameterType.IsByRef ? p.ParameterType.GetElementType()! : p.ParameterType;
        return $"{direction}{variadic}{Name(type)} {p.Name}{initial}";
    }

    private static string Default(ParameterInfo p)
    {
        var type = Nullable.GetUnderlyingType(p.ParameterType) ?? p.ParameterType;
        return p.RawDefaultValue is { } value && type.IsEnum ? $"{Enum.ToObject(type, value)}" : Literal(p.RawDefaultValue);
    }

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string s => $"\"{s}\"",
        bool b => b ? "true" : "false",
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Access(MethodBase m)
    {
        var visibility = m.IsPublic ? "public" : "protected";
        if (m.IsStatic)
        {
            return visibility + " static";
        }

        if (m is not MethodInfo { IsVirtual: true, IsFinal: false } method)
        {
            return visibility;
        }

        return visibility + (method.IsAbstract ? " abstract" : method.GetBaseDefinition() != method ? " override" : " virtual");
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum)
        {
            return $"enum of {Name(Enum.GetUnderlyingType(type))}";
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return "delegate";
        }

        if (type.IsInterface)
        {
            return "interface";
        }

        if (type.IsValueType)
        {
            return "struct";
        }

        return type switch { { IsAbstract: true, IsSealed: true } => "static class", { IsAbstract: true } => "abstract class", { IsSealed: true } => "sealed class", _ => "class" };
    }

    private static string Constraints(Type[] arguments) => string.Concat(arguments.Select(Constraint));

    private static string Constraint(Type argument)
    {
        const GenericParameterAttributes special = GenericParameterAttributes.SpecialConstraintMask;
        var parts = argument.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(Name)
            .Prepend((argument.GenericParameterAttributes & special) is var flags and not 0 ? flags.ToString() : "").Where(p => p.Length > 0).ToArray();
        return parts.Length > 0 ? $" where {argument.Name} : {string.Join(", ", parts)}" : "";
    }

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (type.IsPointer)
        {
            return Name(type.GetElementType()!) + "*";
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Name(value) + "?";
        }

        var chain = type.IsGenericType ? type.GetGenericTypeDefinition().FullName! : type.FullName!;
        var bare = string.Join(".", chain.Split('+').Select(part => part.Split('`')[0]));
        return type.IsGenericType ? $"{bare}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : bare;
    }

    private static bool IsVisible(Type type) =>
        (type.IsPublic || type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem)
        && (type.DeclaringType is null || IsVisible(type.DeclaringType))
        && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    // Accessors that the compiler writes count as well as others.
    private static bool IsReachable(MethodBase m) => m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly;

    private static bool IsVisible(MethodBase m) =>
        IsReachable(m) && !m.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) && m.Name != "Finalize";

    private static bool IsAccessor(MethodInfo m) => m.IsSpecialName && !m.Name.StartsWith("op_", StringComparison.Ordinal);
}
