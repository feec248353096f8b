using System.Collections.Immutable;

namespace Inception;

/// <summary>One named tensor of a safetensors file: its type, shape and bytes.</summary>
public sealed class SafeTensor
{
    /// <summary>Describes a tensor over bytes that the caller owns; they are not copied.</summary>
    /// <param name="name">Any text but <c>__metadata__</c>.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">Sizes, outermost first, each 0 or more; empty for a scalar.</param>
    /// <param name="data">The elements in row-major order, little-endian: as many bytes as shape and type say.</param>
    /// <exception cref="ArgumentException">A reserved name, a negative size, or a length of <paramref name="data"/> that does not fit.</exception>
    public SafeTensor(string name, SafeTensorsType type, IEnumerable<long> shape, ReadOnlyMemory<byte> data)
    {
        (Name, Type, Shape, Data) = (name, type, [.. shape], data);
        if (name == SafeTensorsHeader.MetadataKey)
        {
            throw new ArgumentException($"The tensor name {name} is reserved by the format.", nameof(name));
        }

        if (Shape.Any(size => size < 0))
        {
            throw new ArgumentException($"Tensor '{name}' has a negative size: [{string.Join(", ", Shape)}].", nameof(shape));
        }

        if (type.ByteCount(Shape) != data.Length)
        {
            throw new ArgumentException($"Tensor '{name}' of {type} [{string.Join(", ", Shape)}] does not take {data.Length} bytes.", nameof(data));
        }
    }

    /// <summary>The key, for example <c>inception3a.branch1.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public SafeTensorsType Type { get; }

    /// <summary>Sizes, outermost first; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The elements in row-major order, little-endian.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Type and shape, for example <c>F32 (64, 3, 7, 7)</c>.</summary>
    internal string Form => FormOf(Type, Shape);

    /// <summary>Type and shape, in the same form.</summary>
    internal static string FormOf(SafeTensorsType type, IEnumerable<long> shape) => $"{type} ({string.Join(", ", shape)})";
}
