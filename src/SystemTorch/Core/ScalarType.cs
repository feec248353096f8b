namespace TorchSharp;

public static partial class torch
{
    /// <summary>The type of a tensor's elements.</summary>
    public enum ScalarType : sbyte
    {
        /// <summary>Unsigned, 8 bits.</summary>
        Byte = 0,
        /// <summary>Signed, 8 bits.</summary>
        Int8 = 1,
        /// <summary>Signed, 16 bits.</summary>
        Int16 = 2,
        /// <summary>Signed, 32 bits.</summary>
        Int32 = 3,
        /// <summary>Signed, 64 bits.</summary>
        Int64 = 4,
        /// <summary>IEEE half precision.</summary>
        Float16 = 5,
        /// <summary>IEEE single precision.</summary>
        Float32 = 6,
        /// <summary>IEEE double precision.</summary>
        Float64 = 7,
        /// <summary>Two single-precision numbers.</summary>
        ComplexFloat32 = 9,
        /// <summary>Two double-precision numbers.</summary>
        ComplexFloat64 = 10,
        /// <summary>True or false, 8 bits.</summary>
        Bool = 11,
        /// <summary>Quantised, signed, 8 bits.</summary>
        QInt8 = 12,
        /// <summary>Quantised, unsigned, 8 bits.</summary>
        QUInt8 = 13,
        /// <summary>Quantised, signed, 32 bits.</summary>
        QInt32 = 14,
        /// <summary>The upper half of a single-precision number.</summary>
        BFloat16 = 15,
    }

    /// <summary><see cref="ScalarType.Byte"/>.</summary>
    public static ScalarType uint8 = ScalarType.Byte;
    /// <summary><see cref="ScalarType.Int32"/>.</summary>
    public static ScalarType int32 = ScalarType.Int32;
    /// <summary><see cref="ScalarType.Int64"/>.</summary>
    public static ScalarType int64 = ScalarType.Int64;
    /// <summary><see cref="ScalarType.Float16"/>.</summary>
    public static ScalarType float16 = ScalarType.Float16;
    /// <summary><see cref="ScalarType.BFloat16"/>.</summary>
    public static ScalarType bfloat16 = ScalarType.BFloat16;
    /// <summary><see cref="ScalarType.Float32"/>.</summary>
    public static ScalarType float32 = ScalarType.Float32;
    /// <summary><see cref="ScalarType.Float64"/>.</summary>
    public static ScalarType float64 = ScalarType.Float64;
    /// <summary><see cref="ScalarType.Bool"/>.</summary>
    public static ScalarType @bool = ScalarType.Bool;

    internal static bool IsIntegral(this ScalarType type) => type <= ScalarType.Int64 || type == ScalarType.Bool;

    internal static bool IsFloatingPoint(this ScalarType type) => type is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16;

    internal static bool IsComplex(this ScalarType type) => type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    /// <summary>The element type of tensors made from values of <typeparamref name="T"/>; null where there is none.</summary>
    internal static ScalarType? TypeOf<T>() => default(T) switch
    {
        byte => ScalarType.Byte,
        sbyte => ScalarType.Int8,
        short => ScalarType.Int16,
        int => ScalarType.Int32,
        long => ScalarType.Int64,
        Half => ScalarType.Float16,
        float => ScalarType.Float32,
        double => ScalarType.Float64,
        bool => ScalarType.Bool,
        _ => null,
    };
}
