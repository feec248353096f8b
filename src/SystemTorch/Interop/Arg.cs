using System.Text;

namespace TorchSharp.Interop;

/// <summary>One argument of an operator. Null tensors, lists and types are TorchScript's None.</summary>
internal readonly struct Arg
{
    private readonly Kind kind;
    private readonly int count;
    private readonly long bits;
    private readonly object? reference;

    private Arg(Kind kind, long bits, object? reference = null, int count = 0) => (this.kind, this.bits, this.reference, this.count) = (kind, bits, reference, count);

    /// <summary>What the operator's schema says.</summary>
    public static Arg Default => new(Kind.Default, 0);

    public static implicit operator Arg(long value) => new(Kind.Int, value);
    public static implicit operator Arg(long? value) => value is { } v ? v : default(Arg);
    public static implicit operator Arg(double value) => new(Kind.Double, BitConverter.DoubleToInt64Bits(value));
    public static implicit operator Arg(double? value) => value is { } v ? v : default(Arg);
    public static implicit operator Arg(bool value) => new(Kind.Bool, value ? 1 : 0);
    public static implicit operator Arg(torch.ScalarType value) => new(Kind.Int, (long)value);
    public static implicit operator Arg(torch.ScalarType? value) => value is { } v ? v : default(Arg);
    public static implicit operator Arg(torch.Device value) => new(Kind.Device, value.index, count: (int)value.type);
    public static implicit operator Arg(torch.Tensor? value) => value is null ? default : new(Kind.Tensor, value.Handle, value);
    public static implicit operator Arg(torch.Generator? value) => value is null ? default : new(Kind.Generator, value.Handle, value);
    public static implicit operator Arg(torch.Tensor[] value) => new(Kind.Tensors, 0, value, value.Length);
    public static implicit operator Arg(long[]? value) => value is null ? default : new(Kind.Ints, 0, value, value.Length);
    public static implicit operator Arg(ReadOnlySpan<long> value) => value.ToArray();
    public static implicit operator Arg((long, long) value) => new long[] { value.Item1, value.Item2 };
    public static implicit operator Arg(double[]? value) => value is null ? default : new(Kind.Doubles, 0, value, value.Length);
    public static implicit operator Arg(string? value) => value is null ? default : new(Kind.String, 0, value, value.Length);

    public static implicit operator Arg(Scalar? value) => value?.Value switch
    {
        null => default,
        long v => v,
        double v => v,
        var v => (bool)v,
    };

    /// <summary>How many 8-byte words <see cref="Write"/> needs beside the value itself.</summary>
    public int Words => kind is Kind.String ? (count + 7) / 8 : count;

    /// <summary>Fills in <paramref name="value"/>, and puts what it points to at <paramref name="room"/>, which moves on.</summary>
    public unsafe void Write(ref NativeValue value, ref long* room)
    {
        value.Kind = kind;
        value.Count = count;
        value.Bits = reference is Array or string ? (nint)room : bits;
        switch (reference)
        {
            case long[] ints:
                ints.CopyTo(new Span<long>(room, count));
                break;
            case double[] doubles:
                doubles.CopyTo(new Span<double>(room, count));
                break;
            case string text:
                Encoding.ASCII.GetBytes(text, new Span<byte>(room, count));
                break;
            case torch.Tensor[] tensors:
                for (var i = 0; i < count; i++)
                {
                    room[i] = tensors[i].Handle;
                }

                break;
            default:
                return;
        }
        room += Words;
    }

    public void KeepAlive() => GC.KeepAlive(reference);
}
