using System.Collections.Immutable;

namespace Inception;

/// <summary>One named tensor of a safetensors file: its type, shape and bytes.</summary>
internal sealed class SafeTensor
{
    private readonly ReadOnlyMemory<byte> data;

    // Where the elements are read from when they are asked for; null where they are in memory.
    private readonly Stream? stream;
    private readonly long start;

    /// <summary>Describes a tensor over bytes that the caller owns; they are not copied.</summary>
    /// <param name="name">Any text but <c>__metadata__</c>.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">Sizes, outermost first, each 0 or more; empty for a scalar.</param>
    /// <param name="data">The elements in row-major order, little-endian: as many bytes as shape and type say.</param>
    /// <exception cref="ArgumentException">A reserved name, a negative size, or a length of <paramref name="data"/> that does not fit.</exception>
    public SafeTensor(string name, SafeTensorsType type, IEnumerable<long> shape, ReadOnlyMemory<byte> data)
        : this(name, type, [.. shape])
    {
        this.data = data;
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

    /// <summary>Describes a tensor of an open file, whose header has been checked.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">Sizes, outermost first; empty for a scalar.</param>
    /// <param name="stream">The file, which stays open while elements are read.</param>
    /// <param name="start">Where its elements begin.</param>
    public SafeTensor(string name, SafeTensorsType type, IEnumerable<long> shape, Stream stream, long start)
        : this(name, type, [.. shape]) => (this.stream, this.start) = (stream, start);

    private SafeTensor(string name, SafeTensorsType type, ImmutableArray<long> shape) => (Name, Type, Shape) = (name, type, shape);

    /// <summary>The key, for example <c>inception3a.branch1.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public SafeTensorsType Type { get; }

    /// <summary>Sizes, outermost first; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>How many elements there are.</summary>
    public int Count => (int)(Type.ByteCount(Shape)!.Value / Type.Size());

    /// <summary>The elements in row-major order, little-endian; of an open file read each time.</summary>
    public ReadOnlyMemory<byte> Data => stream is null ? data : Read();

    /// <summary>Copies the elements.</summary>
    /// <param name="target">Receives them, as many bytes as there are.</param>
    public void CopyTo(Span<byte> target)
    {
        if (stream is null)
        {
            data.Span.CopyTo(target);
            return;
        }

        stream.Position = start;
        stream.ReadExactly(target);
    }

    /// <summary>The same tensor under another name.</summary>
    public SafeTensor Named(string name) => stream is null ? new(name, Type, Shape, data) : new(name, Type, Shape, stream, start);

    /// <summary>The tensor with its elements in memory.</summary>
    public SafeTensor InMemory() => new(Name, Type, Shape, Data);

    /// <summary>Type and shape.</summary>
    internal TensorForm Form => new(Type, Shape);

    private byte[] Read()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(Count * Type.Size());
        CopyTo(bytes);
        return bytes;
    }
}

/// <summary>Type and shape of a tensor.</summary>
internal readonly record struct TensorForm(SafeTensorsType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Whether both are the same.</summary>
    public bool Equals(TensorForm other) => Type == other.Type && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Shape.Count);

    /// <summary>Whether a tensor of this form is loaded into one of the other, of the same type or cast.</summary>
    public bool FitsInto(TensorForm other) => Shape.SequenceEqual(other.Shape) && (Type == other.Type || Type.IsCastTo(other.Type));

    /// <summary>For example <c>F32 (64, 3, 7, 7)</c>.</summary>
    public override string ToString() => $"{Type} ({string.Join(", ", Shape)})";
}

/// <summary>The element types of a safetensors file, under the format's own names.</summary>
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

    /// <summary>Unsigned 64-bit integer, 8 bytes.</summary>
    U64,

    /// <summary>Two binary32, real and imaginary, 8 bytes.</summary>
    C64,

    /// <summary>Signed 32-bit integer, 4 bytes.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer, 4 bytes.</summary>
    U32,

    /// <summary>Signed 16-bit integer, 2 bytes.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer, 2 bytes.</summary>
    U16,

    /// <summary>Signed 8-bit integer, 1 byte.</summary>
    I8,

    /// <summary>Unsigned 8-bit integer, 1 byte.</summary>
    U8,

    /// <summary>8-bit floating point with 4 exponent bits, 1 byte.</summary>
    F8_E4M3,

    /// <summary>8-bit floating point with 5 exponent bits, 1 byte.</summary>
    F8_E5M2,

    /// <summary>A power of two, 1 byte.</summary>
    F8_E8M0,

    /// <summary>Boolean, 1 byte: 0 or 1.</summary>
    BOOL,
}

internal static class SafeTensorsTypes
{
    private static readonly Dictionary<string, SafeTensorsType> Names = Enum.GetValues<SafeTensorsType>().ToDictionary(type => type.ToString());

    /// <summary>Bytes of one element; also the alignment that the format orders tensors by.</summary>
    public static int Size(this SafeTensorsType type) => type switch
    {
        SafeTensorsType.F64 or SafeTensorsType.I64 or SafeTensorsType.U64 or SafeTensorsType.C64 => 8,
        SafeTensorsType.F32 or SafeTensorsType.I32 or SafeTensorsType.U32 => 4,
        SafeTensorsType.F16 or SafeTensorsType.BF16 or SafeTensorsType.I16 or SafeTensorsType.U16 => 2,
        _ => 1,
    };

    /// <summary>Whether values of one type become values of the other in loading, as PyTorch does: rounded, or without loss.</summary>
    /// <remarks>Integers never become weights: they are quantized, and mean nothing without their scale.</remarks>
    public static bool IsCastTo(this SafeTensorsType from, SafeTensorsType to) =>
        from != to && ((IsFloatingPoint(from) && IsFloatingPoint(to)) || (IsInteger(from) && IsInteger(to)));

    private static bool IsFloatingPoint(SafeTensorsType type) =>
        type is SafeTensorsType.F64 or SafeTensorsType.F32 or SafeTensorsType.F16 or SafeTensorsType.BF16;

    private static bool IsInteger(SafeTensorsType type) =>
        type is SafeTensorsType.I64 or SafeTensorsType.I32 or SafeTensorsType.I16 or SafeTensorsType.I8 or SafeTensorsType.U8;

    /// <summary>The type of that exact name, or null: Enum.Parse would also take numbers and other cases.</summary>
    public static SafeTensorsType? Parse(string name) => Names.TryGetValue(name, out var type) ? type : null;

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
