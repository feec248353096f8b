using System.Globalization;
using System.Text;

namespace Inception;

/// <summary>
/// A network as a table: what each layer is and reads, what it puts out, how many parameters it has and how many multiply-adds it takes.
/// </summary>
public sealed class ModelSummary
{
    private static readonly string[] Headers = ["Layer", "Type", "Output shape", "Parameters", "Multiply-adds", "Connected to"];
    private readonly string title;

    internal ModelSummary(GoogLeNet model)
    {
        title = $"GoogLeNet '{model.Spec.Name}', {model.NumClasses} classes, input {model.Spec.InputChannels}×{model.InputSize}×{model.InputSize}";
        Rows = SummaryTrace.Rows(model);
    }

    /// <summary>The layers in the order in which data flows, an auxiliary classifier's behind the block that it reads.</summary>
    public IReadOnlyList<SummaryRow> Rows { get; }

    /// <summary>All trainable parameters.</summary>
    public long Parameters => Rows.Sum(row => row.Parameters);

    /// <summary>Trainable parameters without the auxiliary classifiers: the network that is deployed.</summary>
    public long MainParameters => Main.Sum(row => row.Parameters);

    /// <summary>Multiply-adds for one image of the spec's input size, auxiliary classifiers included.</summary>
    public long MultiplyAdds => Rows.Sum(row => row.MultiplyAdds);

    /// <summary>Multiply-adds for one image without the auxiliary classifiers.</summary>
    public long MainMultiplyAdds => Main.Sum(row => row.MultiplyAdds);

    private IEnumerable<SummaryRow> Main => Rows.Where(row => row.Head is null);

    /// <summary>The table as text.</summary>
    public override string ToString()
    {
        var lines = Rows.Select(Cells).ToList();
        var widths = Headers.Select((header, column) => lines.Select(cells => cells[column].Length).Append(header.Length).Max()).ToArray();
        var rule = new string('─', widths.Sum() + (2 * (widths.Length - 1)));

        var table = new StringBuilder().AppendLine(title).AppendLine(rule).AppendLine(Line(Headers, widths)).AppendLine(rule);
        foreach (var cells in lines)
        {
            table.AppendLine(Line(cells, widths));
        }

        table.AppendLine(rule);
        table.AppendLine($"{Format(Parameters)} parameters, {Format(MultiplyAdds)} multiply-adds for one image");
        table.Append($"{Format(MainParameters)} parameters, {Format(MainMultiplyAdds)} multiply-adds without auxiliary classifiers");
        return table.ToString();
    }

    private static string[] Cells(SummaryRow row) =>
    [
        row.Name, row.Kind, $"({string.Join(", ", row.OutputShape)})", Format(row.Parameters), Format(row.MultiplyAdds),
        string.Join(", ", row.ConnectedTo.Select(name => Within(row.Name, name))),
    ];

    // A block's own layers go without its name: inception3a reads branch1, branch2.1, ….
    private static string Within(string block, string name) =>
        name.StartsWith($"{block}.", StringComparison.Ordinal) ? name[(block.Length + 1)..] : name;

    // The two counts are aligned right.
    private static string Line(string[] cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, column) => column is 3 or 4 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd();

    private static string Format(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>One layer of a network in a summary.</summary>
/// <param name="Name">The layer's name, with which its state keys start where it has parameters.</param>
/// <param name="Kind">What it is, for example <c>Convolution 7×7 / 2</c>.</param>
/// <param name="OutputShape">Channels, height and width, or the number of features, for one image of the spec's input size.</param>
/// <param name="Parameters">Trainable parameters, those of batch normalization with their convolution's.</param>
/// <param name="MultiplyAdds">Multiplications with an addition for one image, in convolutions and fully connected layers.</param>
/// <param name="ConnectedTo">Names of the layers whose output it reads.</param>
/// <param name="Head">The auxiliary classifier that the layer belongs to; null for the main network.</param>
public sealed record SummaryRow(
    string Name, string Kind, IReadOnlyList<int> OutputShape, long Parameters, long MultiplyAdds, IReadOnlyList<string> ConnectedTo, string? Head);

/// <summary>Follows one image through a spec, layer by layer, and writes a row for each.</summary>
internal sealed class SummaryTrace
{
    private readonly GoogLeNet model;
    private readonly GoogLeNetSpec spec;
    private readonly List<SummaryRow> rows = [];
    private readonly Dictionary<string, long> parameters;
    private string? head;

    private SummaryTrace(GoogLeNet model)
    {
        this.model = model;
        spec = model.Spec;
        parameters = model.named_parameters().ToDictionary(named => named.name, named => named.parameter.numel());
    }

    /// <summary>The rows of every layer, an auxiliary classifier's behind the block that it reads.</summary>
    public static IReadOnlyList<SummaryRow> Rows(GoogLeNet model)
    {
        var trace = new SummaryTrace(model);
        trace.Follow();
        return trace.rows;
    }

    private void Follow()
    {
        var at = new Position("input", spec.InputChannels, spec.InputSize);
        foreach (var layer in spec.Layers)
        {
            at = layer is InceptionSpec block ? Inception(block, at) : Layer(layer, at);
            foreach (var auxiliary in spec.Auxiliaries.Where(auxiliary => auxiliary.After == layer.Name))
            {
                Auxiliary(auxiliary, at);
            }
        }

        Add("avgpool", "Global average pooling", [at.Channels], 0, at.Name);
        Dense(GoogLeNetSpec.ClassifierKey, "Classifier", at.Channels, model.NumClasses, Dropout("dropout", spec.Dropout, at.Channels, "avgpool"));
    }

    private Position Layer(LayerSpec layer, Position at)
    {
        var size = spec.OutputSize(layer, at.Size);
        switch (layer)
        {
            case WhiteningSpec w:
                return Convolution($"Whitening {w.Kernel}×{w.Kernel} / {w.Stride}", new(w.Name, w.OutChannels(at.Channels), size), at, w.Kernel);
            case ConvolutionSpec c:
                return Convolution(c.Name, at, c.Channels, c.Kernel, c.Stride);
            case MaxPoolSpec pool:
                return Add(layer.Name, $"Max pooling {pool.Kernel}×{pool.Kernel} / {pool.Stride}", at with { Size = size }, 0, at.Name);
            case LocalResponseNormSpec norm:
                return Add(layer.Name, $"Local response normalization {norm.Size}", at, 0, at.Name);
            default:
                throw new NotSupportedException($"{layer.GetType().Name} is not a layer of GoogLeNet's trunk.");
        }
    }

    private Position Inception(InceptionSpec block, Position at)
    {
        var key = GoogLeNetSpec.KeyOf(block);
        var branch1 = Convolution($"{key}.branch1", at, block.Conv1x1, 1);
        var reduce3x3 = Convolution($"{key}.branch2.0", at, block.Reduce3x3, 1);
        var branch2 = Convolution($"{key}.branch2.1", reduce3x3, block.Conv3x3, 3);
        var branch3 = Convolution($"{key}.branch3.0", at, block.Reduce5x5, 1);
        branch3 = Convolution($"{key}.branch3.1", branch3, block.Conv5x5, spec.Blocks.Branch5x5 == Branch5x5.Conv5x5 ? 5 : 3);
        if (spec.Blocks.Branch5x5 == Branch5x5.TwoConv3x3)
        {
            branch3 = Convolution($"{key}.branch3.2", branch3, block.Conv5x5, 3);
        }

        var pool = Add($"{key}.branch4.0", "Max pooling 3×3 / 1", at, 0, at.Name);
        var branch4 = Convolution($"{key}.branch4.1", pool, block.PoolProjection, 1);
        return Add(key, "Concatenation", at with { Channels = block.OutChannels }, 0, branch1.Name, branch2.Name, branch3.Name, branch4.Name);
    }

    private void Auxiliary(AuxiliarySpec auxiliary, Position at)
    {
        head = auxiliary.Name;
        var (pooling, hidden) = auxiliary.On(at.Size);
        var size = pooling.OutputSize(at.Size);
        var pool = Add($"{head}.pool", "Average pooling", at with { Size = size }, 0, at.Name);
        var convolution = Convolution($"{head}.conv", pool, auxiliary.Channels, 1);
        Dense($"{head}.fc1", "Fully connected", auxiliary.Channels * size * size, hidden, convolution.Name);
        var kept = Dropout($"{head}.dropout", auxiliary.Dropout, hidden, $"{head}.fc1");
        Dense($"{head}.fc2", FormattableString.Invariant($"Classifier (weight {auxiliary.Weight})"), hidden, model.NumClasses, kept);
        head = null;
    }

    private Position Convolution(string name, Position at, int channels, int kernel, int stride = 1)
    {
        var size = Geometry.ConvolutionOutput(at.Size, kernel, stride, spec.Blocks.Padding);
        return Convolution($"Convolution {kernel}×{kernel} / {stride}", new Position(name, channels, size), at, kernel);
    }

    private Position Convolution(string kind, Position output, Position input, int kernel)
    {
        var multiplyAdds = (long)output.Size * output.Size * output.Channels * input.Channels * kernel * kernel;
        return Add(output.Name, kind, output, multiplyAdds, input.Name);
    }

    private string Dropout(string name, double share, int features, string from)
    {
        if (share == 0)
        {
            return from;
        }

        Add(name, FormattableString.Invariant($"Dropout {share}"), [features], 0, from);
        return name;
    }

    private void Dense(string name, string kind, int inputs, int outputs, string from) => Add(name, kind, [outputs], (long)inputs * outputs, from);

    private Position Add(string name, string kind, Position output, long multiplyAdds, params string[] from)
    {
        Add(name, kind, [output.Channels, output.Size, output.Size], multiplyAdds, from);
        return output with { Name = name };
    }

    private void Add(string name, string kind, int[] shape, long multiplyAdds, params string[] from) =>
        rows.Add(new SummaryRow(name, kind, shape, CountOf(name), multiplyAdds, from, head));

    // A concatenation's name is what its branches' names start with, and they have rows of their own.
    private long CountOf(string name) =>
        spec.Layers.OfType<InceptionSpec>().Any(block => GoogLeNetSpec.KeyOf(block) == name) ? 0
            : parameters.Where(entry => entry.Key.StartsWith($"{name}.", StringComparison.Ordinal)).Sum(entry => entry.Value);

    private readonly record struct Position(string Name, int Channels, int Size);
}
