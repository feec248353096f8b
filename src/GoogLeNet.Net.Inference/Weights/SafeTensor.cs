using System.Collections.Immutable;

namespace Inception;

/// <summary>One named tensor of a safetensors file: its type, shape and bytes.</summary>
internal sealed class SafeTensor
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

/// <summary>The element types of a safetensors file that this library reads and writes, under the format's own names.</summary>
internal enum SafeTensorsType
{
    /// <summary>IEEE 754 binary32, 4 bytes.</summary>
    F32,

    /// <summary>IEEE 754 binary16, 2 bytes.</summary>
    F16,

    /// <summary>bfloat16, 2 bytes: the upper half of a binary32.</summary>
    BF16,

    /// <summary>IEEE 754 binary64, 8 bytes.</summary>
    F64,

    /// <summary>Signed 64-bit integer, 8 bytes.</summary>
    I64,

    /// <summary>Signed 32-bit integer, 4 bytes.</summary>
    I32,

    /// <summary>Unsigned 8-bit integer, 1 byte.</summary>
    U8,

    /// <summary>Boolean, 1 byte: 0 or 1.</summary>
    BOOL,
}

internal static class SafeTensorsTypes
{
    /// <summary>Bytes of one element; also the alignment that the format orders tensors by.</summary>
    public static int Size(this SafeTensorsType type) => type switch
    {
        SafeTensorsType.F64 or SafeTensorsType.I64 => 8,
        SafeTensorsType.F32 or SafeTensorsType.I32 => 4,
        SafeTensorsType.F16 or SafeTensorsType.BF16 => 2,
        SafeTensorsType.U8 or SafeTensorsType.BOOL => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a safetensors type."),
    };

    /// <summary>The type of that exact name, or null: Enum.Parse would also take numbers and other cases.</summary>
    public static SafeTensorsType? Parse(string name) => name switch
    {
        "F32" => SafeTensorsType.F32,
        "F16" => SafeTensorsType.F16,
        "BF16" => SafeTensorsType.BF16,
        "F64" => SafeTensorsType.F64,
        "I64" => SafeTensorsType.I64,
        "I32" => SafeTensorsType.I32,
        "U8" => SafeTensorsType.U8,
        "BOOL" => SafeTensorsType.BOOL,
        _ => null,
    };

    /// <summary>Bytes of a tensor, or null where they do not fit 64 bits. No dimension is negative.</summary>
    public static long? ByteCount(this SafeTensorsType type, IEnumerable<long> shape)
    {
        try
        {
            return checked(shape.Aggregate(1L, (product, dimension) => checked(product * dimension)) * type.Size());
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
