namespace TorchSharp;

/// <summary>A number that an operator takes beside its tensors: a whole one, a real one or a truth value.</summary>
public sealed class Scalar : IDisposable
{
    private object? value;

    internal Scalar(long value) => this.value = value;

    internal Scalar(double value) => this.value = value;

    internal Scalar(bool value) => this.value = value;

    /// <summary>A boxed long, double or bool.</summary>
    internal object Value => value ?? throw new InvalidOperationException("Scalar invalid -- empty handle.");

    /// <summary>The type that libtorch holds the number in: Int64, Float64 or Bool.</summary>
    public torch.ScalarType Type => Value switch
    {
        long => torch.ScalarType.Int64,
        double => torch.ScalarType.Float64,
        _ => torch.ScalarType.Bool,
    };

    /// <summary>From a byte.</summary>
    public static implicit operator Scalar(byte value) => new((long)value);

    /// <summary>From a signed byte.</summary>
    public static implicit operator Scalar(sbyte value) => new((long)value);

    /// <summary>From a short.</summary>
    public static implicit operator Scalar(short value) => new((long)value);

    /// <summary>From an int.</summary>
    public static implicit operator Scalar(int value) => new((long)value);

    /// <summary>From a long.</summary>
    public static implicit operator Scalar(long value) => new(value);

    /// <summary>From a float.</summary>
    public static implicit operator Scalar(float value) => new((double)value);

    /// <summary>From a double.</summary>
    public static implicit operator Scalar(double value) => new(value);

    /// <summary>From a bool.</summary>
    public static implicit operator Scalar(bool value) => new(value);

    /// <summary>Makes the scalar unusable.</summary>
    public void Dispose() => value = null;
}
