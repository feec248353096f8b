using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>How a kernel reads and writes numbers of one type, which it computes with in float32: two vectors at a time.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
internal unsafe interface IElementLoader<T> where T : unmanaged
{
    /// <summary>Reads two vectors' worth of numbers.</summary>
    static abstract void Load(T* from, out Vector<float> first, out Vector<float> second);

    /// <summary>Writes as many, rounded to the nearest.</summary>
    static abstract void Store(Vector<float> first, Vector<float> second, T* to);

    /// <summary>One number.</summary>
    static abstract float Widen(T value);

    /// <summary>One number, rounded to the nearest.</summary>
    static abstract T Narrow(float value);
}

/// <summary>Arithmetic on vectors of float32.</summary>
internal static class Simd
{
    /// <summary>ReLU if asked for; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Relu(Vector<float> value, bool relu) =>
        relu ? Vector.ConditionalSelect(Vector.LessThan(value, Vector<float>.Zero), Vector<float>.Zero, value) : value;
}

/// <summary>float32.</summary>
internal readonly unsafe struct Float32Loader : IElementLoader<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(float* from, out Vector<float> first, out Vector<float> second)
    {
        first = Vector.Load(from);
        second = Vector.Load(from + Vector<float>.Count);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector<float> first, Vector<float> second, float* to)
    {
        first.Store(to);
        second.Store(to + Vector<float>.Count);
    }

    /// <inheritdoc/>
    public static float Widen(float value) => value;

    /// <inheritdoc/>
    public static float Narrow(float value) => value;
}

/// <summary>bfloat16: the upper half of a float32.</summary>
internal readonly unsafe struct BFloat16Loader : IElementLoader<ushort>
{
    private const int Dropped = 16;
    private const uint NotANumber = 0x7FC0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ushort* from, out Vector<float> first, out Vector<float> second)
    {
        Vector.Widen(Vector.Load(from), out var low, out var high);
        first = Vector.AsVectorSingle(low << Dropped);
        second = Vector.AsVectorSingle(high << Dropped);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector<float> first, Vector<float> second, ushort* to) => Vector.Narrow(Round(first), Round(second)).Store(to);

    /// <inheritdoc/>
    public static float Widen(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << Dropped);

    /// <inheritdoc/>
    public static ushort Narrow(float value) => (ushort)Round(new Vector<float>(value))[0];

    // To the nearest, ties to even.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Round(Vector<float> value)
    {
        var bits = Vector.AsVectorUInt32(value);
        var isOdd = (bits >>> Dropped) & Vector<uint>.One;
        var rounded = (bits + new Vector<uint>(0x7FFF) + isOdd) >>> Dropped;
        return Vector.ConditionalSelect(Vector.AsVectorUInt32(Vector.Equals(value, value)), rounded, new Vector<uint>(NotANumber));
    }
}
