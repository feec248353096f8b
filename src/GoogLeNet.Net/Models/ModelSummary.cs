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
        Rows = SummaryTrace.Of(model);
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
