using Inception.Data;
using Inception.Interop.Onnx;
using static Inception.Interop.OnnxGraph;

namespace Inception.Interop;

/// <summary>Writes a preprocessing as nodes of ONNX: decoded pictures of any size become a network's input.</summary>
/// <param name="graph">What the nodes are added to.</param>
internal sealed class OnnxPictures(OnnxGraph graph)
{
    private static readonly string[] Axes = ["H", "W"];

    /// <summary>Adds the input <c>pictures</c>, uint8 (N, C, H, W), and what becomes of it.</summary>
    /// <param name="preprocessing">The preprocessing, whose height and width are known.</param>
    /// <param name="channels">C.</param>
    /// <returns>The network's input.</returns>
    /// <exception cref="NotSupportedException">A transform is random or the user's own.</exception>
    public OnnxValue Prepare(Preprocessing preprocessing, int channels)
    {
        var (height, width) = (preprocessing.Height!.Value, preprocessing.Width!.Value);
        var pictures = graph.Input("pictures", TensorProto.Types.DataType.Uint8, [AnyCount, channels, .. Axes]);
        var fitted = preprocessing.Fit == ImageFit.Stretch ? Stretched(pictures, height, width) : Cropped(pictures, height, width);
        var images = new OnnxValue(graph.Add("Cast", [fitted], Int("to", (long)TensorProto.Types.DataType.Float)), height, width);
        return preprocessing.Transforms.Aggregate(images, Transformed);
    }

    private OnnxValue Transformed(OnnxValue x, IBatchTransform transform) => transform switch
    {
        ScaleToUnit => x with { Name = graph.Add("Div", [x.Name, graph.Constant(null, [255f])]) },
        Normalize norm => x with { Name = graph.Add("Div", [graph.Add("Sub", [x.Name, PerChannel(norm.Mean)]), PerChannel(norm.Deviation)]) },
        Resize resize => new(Resized(x.Name, graph.Constant(resize.Size, resize.Width ?? resize.Size), isAntialiased: false), resize.Size, resize.Width ?? resize.Size),
        CenterCrop crop => Middle(x, crop.Size),
        _ => throw new NotSupportedException(
            $"The preprocessing's {transform.GetType().Name} cannot be written as nodes; {nameof(ScaleToUnit)}, {nameof(Normalize)}, {nameof(Resize)} and {nameof(CenterCrop)} can. "
            + $"Export without {nameof(OnnxOptions.IncludePreprocessing)} and prepare images yourself."),
    };

    private string Stretched(string pictures, int height, int width) => Resized(pictures, graph.Constant(height, width), isAntialiased: true);

    // The relatively shorter side fits, the longer one is ⌊wanted · long / short⌋; then the middle, where halves round to even, as torchvision does.
    private string Cropped(string pictures, int height, int width)
    {
        var wanted = graph.Constant(height, width);
        var sides = graph.Add("Shape", [pictures], Int("start", 2), Int("end", 4));
        var otherSides = graph.Add("Gather", [sides, graph.Constant(1, 0)]);
        var longer = graph.Add("Div", [graph.Add("Mul", [graph.Constant(width, height), sides]), otherSides]);
        var resized = graph.Add("Max", [wanted, longer]);

        var beyond = graph.Add("Cast", [graph.Add("Sub", [resized, wanted])], Int("to", (long)TensorProto.Types.DataType.Float));
        var half = graph.Add("Round", [graph.Add("Mul", [beyond, graph.Constant(null, [0.5f])])]);
        var first = graph.Add("Cast", [half], Int("to", (long)TensorProto.Types.DataType.Int64));
        return Sliced(Resized(pictures, resized, isAntialiased: true), first, graph.Add("Add", [first, wanted]));
    }

    private OnnxValue Middle(OnnxValue x, int size)
    {
        var (missingRows, missingColumns) = (Math.Max(0, size - x.Height), Math.Max(0, size - x.Width));
        var padded = missingRows + missingColumns == 0 ? x.Name : graph.Add("Pad",
            [x.Name, graph.Constant(0, 0, missingRows / 2, missingColumns / 2, 0, 0, missingRows - (missingRows / 2), missingColumns - (missingColumns / 2))]);
        var (top, left) = ((long)Math.Round((x.Height + missingRows - size) / 2.0), (long)Math.Round((x.Width + missingColumns - size) / 2.0));
        return new(Sliced(padded, graph.Constant(top, left), graph.Constant(top + size, left + size)), size, size);
    }

    private string Sliced(string images, string start, string end) => graph.Add("Slice", [images, start, end, graph.Constant(2, 3)]);

    // Antialiased as Pillow and torchvision do it, where what lies outside a picture counts for nothing; otherwise as OpenCV does it.
    private string Resized(string images, string size, bool isAntialiased)
    {
        var flag = isAntialiased ? 1 : 0;
        return graph.Add(
            "Resize", [images, "", "", size],
            Text("mode", "linear"), Text("coordinate_transformation_mode", "half_pixel"), Ints("axes", 2, 3), Int("antialias", flag), Int("exclude_outside", flag));
    }

    private string PerChannel(IReadOnlyList<double> values) => graph.Constant(null, [.. values.Select(value => (float)value)], 1, values.Count, 1, 1);
}
