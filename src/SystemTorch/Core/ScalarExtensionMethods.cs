namespace TorchSharp;

/// <summary>Conversions between numbers and <see cref="Scalar"/>.</summary>
public static class ScalarExtensionMethods
{
    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this int value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this long value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this float value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this double value) => value;

    /// <summary>The truth value as a scalar.</summary>
    public static Scalar ToScalar(this bool value) => value;

    /// <summary>The scalar's value, rounded to a float.</summary>
    public static float ToSingle(this Scalar value) => (float)value.ToDouble();

    /// <summary>The scalar's value.</summary>
    public static double ToDouble(this Scalar value) => Convert.ToDouble(value.Value);

    /// <summary>The scalar's value without its fraction.</summary>
    public static byte ToByte(this Scalar value) => (byte)value.ToInt64();

    /// <summary>The scalar's value without its fraction.</summary>
    public static int ToInt32(this Scalar value) => (int)value.ToInt64();

    /// <summary>The scalar's value without its fraction.</summary>
    public static long ToInt64(this Scalar value) => value.Value switch
    {
        double real => (long)real,
        long whole => whole,
        var truth => (bool)truth ? 1 : 0,
    };

    /// <summary>Whether the scalar's value is not zero.</summary>
    public static bool ToBoolean(this Scalar value) => value.Value is bool truth ? truth : value.ToDouble() != 0;
}
