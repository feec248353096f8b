using System.Globalization;
using System.Text;
using Inception.Architecture;

namespace Inception;

/// <summary>One layer of a network in a summary.</summary>
/// <param name="Name">The layer's name, with which its state keys start.</param>
/// <param name="Kind">What it is, for example <c>Convolution 7×7 / 2</c>.</param>
/// <param name="OutputShape">Channels, height and width, or the number of features, for one image of the spec's input size.</param>
/// <param name="Parameters">Trainable parameters.</param>
public sealed record SummaryRow(string Name, string Kind, IReadOnlyList<int> OutputShape, long Parameters);

/// <summary>A network as a table: what each layer is, what it puts out and how many parameters it has.</summary>
public sealed class ModelSummary
{
    private readonly string title;
    private readonly GoogLeNet model;

    internal ModelSummary(GoogLeNet model)
    {
        this.model = model;
        title = $"GoogLeNet '{model.Spec.Name}', {model.NumClasses} classes, input {model.Spec.InputChannels}×{model.InputSize}×{model.InputSize}";
        Rows = [.. Trace()];
    }

    /// <summary>The trunk's layers in order, each followed by the auxiliary classifiers that read it; the classifier last.</summary>
    public IReadOnlyList<SummaryRow> Rows { get; }

    /// <summary>All trainable parameters.</summary>
    public long Parameters => Rows.Sum(row => row.Parameters);

    /// <summary>Trainable parameters without the auxiliary classifiers: the network that is deployed.</summary>
    public long MainParameters => Rows.Where(row => model.Spec.Auxiliaries.All(head => head.Name != row.Name)).Sum(row => row.Parameters);

    /// <summary>The table as text.</summary>
    public override string ToString()
    {
        var lines = Rows.Select(row => (row.Name, row.Kind, Shape: Format(row.OutputShape), Parameters: Format(row.Parameters))).ToList();
        int name = Width("Layer", lines.Select(line => line.Name)), kind = Width("Type", lines.Select(line => line.Kind));
        int shape = Width("Output shape", lines.Select(line => line.Shape)), count = Width("Parameters", lines.Select(line => line.Parameters));
        var rule = new string('─', name + kind + shape + count + 6);

        var table = new StringBuilder().AppendLine(title).AppendLine(rule);
        void Line(string a, string b, string c, string d) =>
            table.AppendLine($"{a.PadRight(name)}  {b.PadRight(kind)}  {c.PadRight(shape)}  {d.PadLeft(count)}");
        Line("Layer", "Type", "Output shape", "Parameters");
        table.AppendLine(rule);
        foreach (var line in lines)
        {
            Line(line.Name, line.Kind, line.Shape, line.Parameters);
        }

        table.AppendLine(rule).AppendLine($"Parameters: {Format(Parameters)}");
        table.Append($"  without auxiliary classifiers: {Format(MainParameters)}");
        return table.ToString();
    }

    private IEnumerable<SummaryRow> Trace()
    {
        var spec = model.Spec;
        int channels = spec.InputChannels, size = spec.InputSize;
        foreach (var layer in spec.Layers)
        {
            channels = GoogLeNetSpec.OutputChannels(layer, channels);
            size = spec.OutputSize(layer, size);
            yield return new SummaryRow(layer.Name, KindOf(layer), [channels, size, size], CountOf(GoogLeNet.KeyOf(layer)));
            foreach (var head in spec.Auxiliaries.Where(head => head.After == layer.Name))
            {
                yield return new SummaryRow(
                    head.Name, FormattableString.Invariant($"Auxiliary classifier (weight {head.Weight})"), [model.NumClasses], CountOf(head.Name));
            }
        }

        yield return new SummaryRow("avgpool", "Global average pooling", [channels], 0);
        yield return new SummaryRow("fc", "Classifier", [model.NumClasses], CountOf("fc"));
    }

    private long CountOf(string key) =>
        model.named_parameters().Where(named => named.name.StartsWith($"{key}.", StringComparison.Ordinal)).Sum(named => named.parameter.numel());

    private static string KindOf(LayerSpec layer) => layer switch
    {
        ConvolutionSpec c => $"Convolution {c.Kernel}×{c.Kernel} / {c.Stride}",
        MaxPoolSpec pool => $"Max pooling {pool.Kernel}×{pool.Kernel} / {pool.Stride}",
        LocalResponseNormSpec norm => $"Local response normalisation {norm.Size}",
        InceptionSpec => "Inception",
        _ => layer.GetType().Name,
    };

    private static int Width(string header, IEnumerable<string> cells) => cells.Append(header).Max(cell => cell.Length);

    private static string Format(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Format(IReadOnlyList<int> shape) => $"({string.Join(", ", shape)})";
}
