using Google.Protobuf;
using Inception.Data;
using Inception.Graph;
using Inception.Interop.Onnx;
using static Inception.Interop.OnnxGraph;

namespace Inception.Interop;

/// <summary>Writes networks as ONNX files.</summary>
public static class OnnxExport
{
    private const int IrVersion = 8;

    private const int Opset = 17;

    // The first one whose Resize can antialias.
    private const int PicturesOpset = 18;

    // Protocol Buffers count a message's bytes in 31 bits; what is not weights needs far less than the rest.
    private const long MostBytes = int.MaxValue - (1 << 24);

    /// <summary>Writes the network as an ONNX file, whole or not at all: in evaluation mode, in float32; opset 17, with the preprocessing 18.</summary>
    /// <remarks>
    /// The input is <c>images</c>, float32 (N, C, H, W) with any N; with <see cref="OnnxOptions.IncludePreprocessing"/> it is <c>pictures</c>, uint8 (N, C, H, W) with any N, H and W. There is
    /// an output (N, classes) for each head, under the head's name: <c>main</c>, <c>aux1</c> … The metadata are those of a model file: <c>model</c>, <c>classNames</c>,
    /// <c>preprocessing</c>, <c>temperature</c>, <c>minimumConfidence</c>.
    /// </remarks>
    /// <param name="model">A <see cref="GoogLeNet"/>; it is unchanged.</param>
    /// <param name="path">The file; one that exists is replaced, and stays as it was where writing fails.</param>
    /// <param name="options">What is written beside the main head; null for nothing.</param>
    /// <exception cref="NotSupportedException">The model is no GoogLeNet, has a part that ONNX does not know, or takes more than 2 GiB.</exception>
    /// <exception cref="ArgumentException">The images are too small, do not fit the auxiliary heads, or the preprocessing cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The network was disposed.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why.</exception>
    public static void ExportOnnx(this MultiHeadModel model, string path, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ObjectDisposedException.ThrowIf(!model.parameters().Any(), model);
        if (model is not GoogLeNet network)
        {
            throw new NotSupportedException($"{model.GetName()} is no GoogLeNet: its layers are not known here, so it cannot be written as ONNX. Networks of GoogLeNet.Create and GoogLeNet.Load can.");
        }

        CheckSize(model.State().Values.Sum(tensor => tensor.numel()) * sizeof(float));
        var file = Build(network, options ?? new OnnxOptions());
        try
        {
            AtomicFile.Write(path, file.WriteTo);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Directory.Exists(path) ? "it is a folder." : e is DirectoryNotFoundException ? "its folder does not exist." : Failure.Reason(e);
            throw new IOException($"'{path}' cannot be written: {reason}", e);
        }
    }

    /// <summary>Refuses a network that no ONNX file can hold.</summary>
    /// <param name="bytes">What its tensors take.</param>
    internal static void CheckSize(long bytes)
    {
        if (bytes > MostBytes)
        {
            throw new NotSupportedException($"The network's weights take {bytes:N0} bytes; an ONNX file holds 2 GiB. Make it narrower with WithWidth.");
        }
    }

    private static ModelProto Build(GoogLeNet model, OnnxOptions options)
    {
        var (spec, graph) = (model.Spec, new OnnxGraph(model.Spec.Name));
        var images = options.IncludePreprocessing ? Pictures(graph, model, options) : Images(graph, spec, options);
        var smallest = spec.SmallestInputSize()!.Value;
        if (images.Height < smallest || images.Width < smallest)
        {
            throw new ArgumentException($"Images of {images.Height}×{images.Width} pixels are too small: '{spec.Name}' takes {smallest} pixels at least.", nameof(options));
        }

        var builder = new OnnxNetwork(graph, spec, model.Tensors(), options.FoldBatchNorm);
        foreach (var (head, logits) in new NetworkWalk<OnnxValue>(spec, builder).Network(images, options.IncludeAuxiliaries))
        {
            graph.Output(options.IncludeSoftmax ? Probabilities(graph, logits.Name, head == GoogLeNet.MainHead ? model.Temperature : 1) : logits.Name, head, model.NumClasses);
        }

        var metadata = model.Metadata(WeightsFormat.Weights);
        return new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "GoogLeNet.Net",
            ProducerVersion = metadata[WeightsFormat.VersionKey],
            OpsetImport = { new OperatorSetIdProto { Version = options.IncludePreprocessing ? PicturesOpset : Opset } },
            Graph = graph.Proto,
            MetadataProps =
            {
                metadata.Where(entry => entry.Key is not (WeightsFormat.FormatKey or WeightsFormat.VersionKey))
                    .Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }),
            },
        };
    }

    private static string Probabilities(OnnxGraph graph, string logits, double temperature) =>
        graph.Add("Softmax", [temperature == 1 ? logits : graph.Add("Div", [logits, graph.Constant(null, [(float)temperature])])], Int("axis", 1));

    private static OnnxValue Images(OnnxGraph graph, GoogLeNetSpec spec, OnnxOptions options)
    {
        var height = options.Height ?? spec.InputSize;
        var width = options.Width ?? height;
        return new(graph.Input("images", TensorProto.Types.DataType.Float, AnyCount, spec.InputChannels, height, width), height, width);
    }

    // As the predictor does: without a known preprocessing pictures are cut to the network's size and scaled to [0, 1].
    private static OnnxValue Pictures(OnnxGraph graph, GoogLeNet model, OnnxOptions options)
    {
        if ((options.Height ?? options.Width) is not null)
        {
            throw new ArgumentException($"{nameof(OnnxOptions.IncludePreprocessing)} takes the images' size from the preprocessing; leave out {nameof(OnnxOptions.Height)} and {nameof(OnnxOptions.Width)}.", nameof(options));
        }

        var known = model.Preprocessing is { } stored ? Preprocessing.Restore(stored.Value, stored.ToJson, []) : new([new ScaleToUnit()]);
        return new OnnxPictures(graph).Prepare(
            new(known.Transforms, known.Height ?? model.InputSize, known.Width ?? model.InputSize, known.Channels, known.Fit), known.Channels ?? model.InputChannels);
    }
}

/// <summary>What an ONNX file holds beside the network's main head.</summary>
public sealed record OnnxOptions
{
    private readonly int? height;
    private readonly int? width;

    /// <summary>Gets the height in pixels of the images that the network computes with, at least 1. Default null: <see cref="MultiHeadModel.InputSize"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? Height
    {
        get => height;
        init => height = value is { } pixels ? Check.AtLeast(1, pixels, nameof(Height)) : null;
    }

    /// <summary>Gets the width in pixels of the images that the network computes with, at least 1. Default null: the height.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? Width
    {
        get => width;
        init => width = value is { } pixels ? Check.AtLeast(1, pixels, nameof(Width)) : null;
    }

    /// <summary>Gets whether the auxiliary heads are outputs, too. Default false.</summary>
    public bool IncludeAuxiliaries { get; init; }

    /// <summary>Gets whether batch normalization is folded into the convolutions. Default true; false keeps it as nodes of its own.</summary>
    public bool FoldBatchNorm { get; init; } = true;

    /// <summary>
    /// Gets whether the file does what <see cref="Evaluation.Predictor"/> does with a decoded picture before the network: it takes pictures of any size, uint8 (N, C, H, W) with values 0 to
    /// 255, resizes and normalizes them. Default false: it takes float32 images as the network sees them.
    /// </summary>
    /// <remarks>The resizing needs a runtime with <c>Resize</c> of opset 18 and its antialiasing, such as ONNX Runtime. <see cref="Height"/> and <see cref="Width"/> are then the preprocessing's.</remarks>
    public bool IncludePreprocessing { get; init; }

    /// <summary>Gets whether the outputs are probabilities instead of logits, the main head's with <see cref="MultiHeadModel.Temperature"/>. Default false.</summary>
    public bool IncludeSoftmax { get; init; }
}
