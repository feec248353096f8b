using static TorchSharp.torch;

namespace Inception.Interop;

/// <summary>A storage of a PyTorch file: elements that one tensor or several are views of.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Count">How many elements it has.</param>
internal sealed record TorchStorage(string Key, ScalarType Type, long Count)
{
    private const string Suffix = "Storage";

    // PyTorch's classes of storage, without that suffix, and the types of their elements.
    private static readonly (string Class, ScalarType Type)[] Types =
    [
        ("Float", ScalarType.Float32), ("Double", ScalarType.Float64), ("Half", ScalarType.Float16), ("BFloat16", ScalarType.BFloat16), ("Long", ScalarType.Int64),
        ("Int", ScalarType.Int32), ("Short", ScalarType.Int16), ("Char", ScalarType.Int8), ("Byte", ScalarType.Byte), ("Bool", ScalarType.Bool),
    ];

    /// <summary>The elements' type as model files call it.</summary>
    public SafeTensorsType FileType => TensorConversion.TypeOf(Type);

    /// <summary>Bytes of all elements: a damaged count may be more than 64 bits hold.</summary>
    public Int128 Bytes => (Int128)Count * FileType.Size();

    /// <summary>The type of the elements of a class of storage; null where it is none that can be read.</summary>
    public static ScalarType? TypeOf(string storageClass) => Array.Find(Types, entry => entry.Class + Suffix == storageClass) is { Class: not null } found ? found.Type : null;

    /// <summary>The class of storage for elements of a type.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static string ClassOf(ScalarType type) =>
        Array.Find(Types, entry => entry.Type == type).Class is { } name ? name + Suffix : throw new NotSupportedException($"Tensors of type {type} are not kept in files.");
}

/// <summary>A tensor of a PyTorch file: a view of a storage.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Offset">Element of the storage that it begins with.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Strides">Elements between neighbors along each axis.</param>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    private const int MostAxes = 64;

    /// <summary>Type and shape.</summary>
    public TensorForm Form => new(Storage.FileType, Shape);

    /// <summary>What is wrong with the view; null where it lies in its storage. One that repeats elements is wrong, too: a few bytes would fill any memory.</summary>
    public string? Problem()
    {
        if (Shape.Length > MostAxes || Shape.Length != Strides.Length || Offset < 0 || Storage.Count < 0 || Shape.Concat(Strides).Any(number => number < 0))
        {
            return $"a tensor's shape ({string.Join(", ", Shape.Take(8))}), strides ({string.Join(", ", Strides.Take(8))}) or offset {Offset} is impossible";
        }

        try
        {
            var count = Shape.Aggregate(1L, (product, size) => checked(product * size));
            var last = count == 0 ? 0 : Shape.Zip(Strides, (size, stride) => checked((size - 1) * stride)).Aggregate(Offset, (sum, step) => checked(sum + step));
            return count > 0 && last >= Storage.Count ? $"a tensor {Form} goes beyond the {Storage.Count:N0} elements of its storage"
                : count > Storage.Count ? $"a tensor {Form} repeats the {Storage.Count:N0} elements of its storage; save it after .contiguous()"
                : null;
        }
        catch (OverflowException)
        {
            return $"a tensor {Form} is larger than 64 bits can count";
        }
    }
}
