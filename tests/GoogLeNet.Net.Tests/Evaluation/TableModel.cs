using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

/// <summary>A network that looks its logits up: those of an image are the row whose number is the image's first pixel.</summary>
internal sealed class TableModel : MultiHeadModel
{
    private readonly Parameter table;

    public TableModel(double[][] logits)
        : base(nameof(TableModel))
    {
        NumClasses = logits[0].Length;
        table = new Parameter(tensor([.. logits.SelectMany(row => row).Select(value => (float)value)], [logits.Length, NumClasses]));
        register_parameter(nameof(table), table);
    }

    public override IReadOnlyList<Head> Heads { get; } = [new("main", 1)];

    public override int InputSize => 1;

    public override int NumClasses { get; }

    public override string Configuration => nameof(TableModel);

    /// <summary>Called in each pass, with the images.</summary>
    public Action<Tensor>? Seen { get; set; }

    protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
    {
        Seen?.Invoke(images);
        using var scope = NewDisposeScope();
        var rows = images.select(3, 0).select(2, 0).select(1, 0).mul(255).add(0.5).to(ScalarType.Int64);
        return new MultiHeadOutput(new HeadOutput("main", table.index_select(0, rows).MoveToOuterDisposeScope()));
    }
}
