namespace Inception;

/// <summary>The element types of a safetensors file that this library reads and writes, under the format's own names.</summary>
public enum SafeTensorsType
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
