using Google.Protobuf;
using Google.Protobuf.Collections;
using Inception.Interop.Caffe;
using static TorchSharp.torch;

namespace Inception.Interop;

/// <summary>A weight of a <c>.caffemodel</c>: as many numbers as its shape says.</summary>
internal sealed class CaffeBlob
{
    private const int MostAxes = 32;                                                    // Caffe's own bound
    private const int MostNameCharacters = 200;

    // Layers, blobs and sizes. GoogLeNet's file has about a thousand; as objects they are larger than in the file, and a few bytes for each would fill any memory.
    private const int MostEntries = 100_000;

    // Looked at to tell what a file is.
    private const int StartBytes = 1024;

    // Of each depth the fields that hold messages: both kinds of layers, their blobs, a blob's shape.
    private static readonly int[][] MessageFields =
    [
        [NetParameter.LayersFieldNumber, NetParameter.LayerFieldNumber],
        [V1LayerParameter.BlobsFieldNumber, LayerParameter.BlobsFieldNumber],
        [BlobProto.ShapeFieldNumber],
    ];

    private readonly BlobProto blob;

    private CaffeBlob(BlobProto blob)
    {
        this.blob = blob;
        Shape = blob.Shape is { } shape ? [.. shape.Dim] : [blob.Num, blob.Channels, blob.Height, blob.Width];
    }

    /// <summary>Sizes as the file has them, outermost first.</summary>
    public long[] Shape { get; }

    private int Count => blob.Data.Count + blob.DoubleData.Count;

    /// <summary>Reads the weights of all layers, by the layer's name and <c>.weight</c> or <c>.bias</c>.</summary>
    /// <exception cref="ModelFileException">The file is damaged or another.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static Dictionary<string, CaffeBlob> ReadAll(string path)
    {
        var blobs = new Dictionary<string, CaffeBlob>();
        foreach (var (layer, protos) in Layers(Parse(path)))
        {
            if (layer.Length is 0 or > MostNameCharacters || layer.Any(char.IsControl))
            {
                throw new ModelFileException(path, "a layer with weights has no readable name: the file is damaged, or of Caffe before 2014");
            }

            foreach (var (place, proto) in protos.Index())
            {
                var name = $"{layer}.{place switch { 0 => "weight", 1 => "bias", _ => $"blob{place}" }}";
                var blob = new CaffeBlob(proto);
                if (blob.Problem() is { } problem)
                {
                    throw new ModelFileException(path, $"'{name}' {problem}");
                }

                if (!blobs.TryAdd(name, blob))
                {
                    throw new ModelFileException(path, $"it has two weights '{name}'");
                }
            }
        }

        return blobs.Count > 0 ? blobs : throw new ModelFileException(path, "it is no .caffemodel with weights: no layer of it has any");
    }

    /// <summary>Type and shape; where it has more axes than asked for, without the first ones that are 1.</summary>
    public TensorForm Form(int axes)
    {
        var surplus = Math.Max(0, Shape.Length - axes);
        return new(blob.DoubleData.Count > 0 ? SafeTensorsType.F64 : SafeTensorsType.F32, Shape.Take(surplus).All(size => size == 1) ? Shape[surplus..] : Shape);
    }

    /// <summary>The numbers in a shape of as many.</summary>
    public Tensor ToTensor(long[] shape) => blob.DoubleData.Count > 0 ? tensor(blob.DoubleData.ToArray(), shape) : tensor(blob.Data.ToArray(), shape);

    private static IEnumerable<(string Name, RepeatedField<BlobProto> Blobs)> Layers(NetParameter network) =>
        network.Layer.Select(layer => (layer.Name, layer.Blobs)).Concat(network.Layers.Select(layer => (layer.Name, layer.Blobs))).Where(layer => layer.Blobs.Count > 0);

    private static NetParameter Parse(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> start = stackalloc byte[StartBytes];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (OtherKind(start) is { } kind)
        {
            throw new ModelFileException(path, $"it is {kind}, and no .caffemodel");
        }

        if (stream.Length > int.MaxValue)
        {
            throw new ModelFileException(path, $"it has {stream.Length:N0} bytes; a .caffemodel has at most {int.MaxValue:N0}");
        }

        try
        {
            stream.Position = 0;
            using (var input = new CodedInputStream(stream, leaveOpen: true))
            {
                if (Entries(input, stream.Length, depth: 0) > MostEntries)
                {
                    throw new ModelFileException(path, $"it has more than {MostEntries:N0} layers, blobs and sizes, which is no GoogLeNet: it is damaged or hostile");
                }
            }

            stream.Position = 0;
            return NetParameter.Parser.WithDiscardUnknownFields(true).ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new ModelFileException(path, "it is no .caffemodel, or a damaged or truncated one", e);
        }
    }

    // How many layers, blobs and sizes there are up to a place in the file, or some number more than are read.
    private static long Entries(CodedInputStream input, long end, int depth)
    {
        var count = 0L;
        while (input.Position < end && count <= MostEntries)
        {
            if (depth == MessageFields.Length)
            {
                input.ReadUInt64();                                                     // in a shape, packed or not, every size is one of these
                count++;
                continue;
            }

            var tag = input.ReadTag();
            if (tag == 0)
            {
                break;
            }

            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited && MessageFields[depth].Contains(WireFormat.GetTagFieldNumber(tag)))
            {
                var length = input.ReadLength();
                count += 1 + Entries(input, input.Position + length, depth + 1);
            }
            else
            {
                input.SkipLastField();
            }
        }

        return count;
    }

    private static string? OtherKind(ReadOnlySpan<byte> start) =>
        start.IsEmpty ? "empty"
        : start is [_, _, _, _, _, _, _, _, (byte)'{', ..] ? "a safetensors file, which GoogLeNet.Load reads"
        : SafeTensorsFile.OtherKind(start) is { } kind ? kind
        : !IsText(start) ? null
        : start.IndexOf("layer"u8) >= 0 ? "a text, as the prototxt that describes a network; its weights are in the .caffemodel beside it"
        : "a text";

    // The tags of layers, which a .caffemodel has near its start, are no letters.
    private static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (var letter in start)
        {
            if (letter < (byte)' ' && letter is not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
            {
                return false;
            }
        }

        return true;
    }

    private string? Problem()
    {
        if (Shape.Length > MostAxes || Shape.Any(size => size < 0))
        {
            return $"has an impossible shape ({string.Join(", ", Shape.Take(8))})";
        }

        // A product of 32 sizes may be more than any type holds.
        var numbers = Shape.Contains(0) ? 0 : Shape.Aggregate(1.0, (product, size) => product * size);
        return numbers == Count ? null
            : $"of shape ({string.Join(", ", Shape.Take(8))}) has {Count:N0} numbers{(Count == 0 ? " of the types that are read, float and double" : "")}";
    }
}
