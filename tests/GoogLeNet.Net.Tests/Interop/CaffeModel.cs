using System.Text.Json;
using Google.Protobuf;
using Inception.Interop.Caffe;
using Inception.Tests.Evidence.TorchVision;
using static TorchSharp.torch;

namespace Inception.Tests.Interop;

/// <summary>How a file of Caffe keeps its numbers.</summary>
public enum CaffeForm
{
    /// <summary>As Caffe since 2015: layers with types by name, blobs with a shape.</summary>
    Layers,

    /// <summary>As Caffe before: blobs with four sizes.</summary>
    V1Layers,

    /// <summary>New layers with numbers in double precision.</summary>
    Doubles,
}

/// <summary>Files of Caffe with weights that are functions of their names, and what OpenCV computed with them: Files/caffe.json, written by generate_caffe.py.</summary>
internal static class CaffeModel
{
    private static readonly Lazy<Expected> File = new(() =>
    {
        using var stream = System.IO.File.OpenRead(Files.PathOf("caffe.json"));
        return JsonSerializer.Deserialize<Expected>(stream, SpecJson.Options)!;
    });

    /// <summary>The network that OpenCV computed.</summary>
    public static Expected Reference => File.Value;

    /// <summary>Its spec.</summary>
    public static GoogLeNetSpec Narrow { get; } =
        (GoogLeNetSpec.Paper with { Auxiliaries = [.. GoogLeNetSpec.Paper.Auxiliaries.Select(head => head with { Hidden = 64 })] }).WithWidth(1 / 8.0);

    /// <summary>A few channels and layers, for many small files.</summary>
    public static GoogLeNetSpec Tiny { get; } = GoogLeNetSpec.Paper with
    {
        Name = "tiny",
        Layers =
        [
            new ConvolutionSpec("conv1", 4, Kernel: 7, Stride: 2), new MaxPoolSpec("maxpool1", 3, 2), new ConvolutionSpec("conv2", 3, Kernel: 1), new ConvolutionSpec("conv3", 5, Kernel: 3),
            new MaxPoolSpec("maxpool2", 3, 2), new InceptionSpec("4a", 2, 2, 3, 1, 2, 2), new InceptionSpec("4d", 2, 2, 3, 1, 2, 2),
        ],
        Auxiliaries = [.. GoogLeNetSpec.Paper.Auxiliaries.Select(head => head with { Channels = 2, Hidden = 3, Pooling = new AdaptiveAveragePooling(1) })],
    };

    /// <summary>Names and shapes of the layers of a spec of the library's, as the library calls them.</summary>
    public static Dictionary<string, long[]> LayersOf(GoogLeNetSpec spec, int classes) =>
        NetworkState.Shapes(new ModelDescription(classes, spec)).Where(entry => entry.Key.EndsWith(".weight", StringComparison.Ordinal))
            .ToDictionary(entry => Inception.Interop.CaffeFile.NameOf(entry.Key)[..^".weight".Length], entry => entry.Value);

    /// <summary>A file's content.</summary>
    public static NetParameter Create(IReadOnlyDictionary<string, long[]> layers, CaffeForm form = CaffeForm.Layers)
    {
        var network = new NetParameter { Name = "GoogleNet" };
        if (form == CaffeForm.V1Layers)
        {
            network.Layers.Add(new V1LayerParameter { Name = "data" });
            network.Layers.AddRange(layers.Select(layer => new V1LayerParameter { Name = layer.Key, Blobs = { Blobs(layer.Key, layer.Value, form) } }));
        }
        else
        {
            network.Layer.Add(new LayerParameter { Name = "data", Type = "Data" });
            network.Layer.AddRange(layers.Select(layer =>
                new LayerParameter { Name = layer.Key, Type = layer.Value.Length == 4 ? "Convolution" : "InnerProduct", Blobs = { Blobs(layer.Key, layer.Value, form) } }));
        }

        return network;
    }

    public static void Save(string path, IMessage network) => System.IO.File.WriteAllBytes(path, network.ToByteArray());

    /// <summary>The pictures, RGB, uint8, (2, 3, 224, 224): squares of 16 pixels.</summary>
    public static Tensor Pictures()
    {
        const int Squares = 14;
        var values = Enumerable.Range(0, 2).SelectMany(index => ClosedForm.Noise($"picture{index}", Squares * Squares * 3)).Select(value => (byte)Math.Floor((value + 1.0) * 128)).ToArray();
        return tensor(values, [2, Squares, Squares, 3], ScalarType.Byte).permute(0, 3, 1, 2).repeat_interleave(16, 2).repeat_interleave(16, 3).contiguous();
    }

    private static BlobProto[] Blobs(string layer, long[] shape, CaffeForm form) => [Blob($"{layer}.weight", shape, form), Blob($"{layer}.bias", shape[..1], form)];

    private static BlobProto Blob(string name, long[] shape, CaffeForm form)
    {
        var scale = shape.Length > 1 ? Math.Sqrt(6.0 / shape[1..].Aggregate(1L, (product, size) => product * size)) : 10;
        var values = ClosedForm.Noise(name, shape.Aggregate(1L, (product, size) => product * size)).Select(value => (float)(scale * value));
        var sizes = Enumerable.Repeat(1L, Math.Max(0, 4 - shape.Length)).Concat(shape).Select(size => (int)size).ToArray();
        return form switch
        {
            CaffeForm.V1Layers => new BlobProto { Num = sizes[0], Channels = sizes[1], Height = sizes[2], Width = sizes[3], Data = { values } },
            CaffeForm.Doubles => new BlobProto { Shape = new BlobShape { Dim = { shape } }, DoubleData = { values.Select(value => (double)value) } },
            _ => new BlobProto { Shape = new BlobShape { Dim = { shape } }, Data = { values } },
        };
    }

    /// <param name="OpenCv">Its version.</param>
    /// <param name="Layers">Shape of each layer's weight; biases have the first of its sizes.</param>
    /// <param name="Logits">Of every head for both pictures, row-major.</param>
    internal sealed record Expected(string OpenCv, Dictionary<string, long[]> Layers, Dictionary<string, double[]> Logits);
}
