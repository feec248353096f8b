using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

/// <summary>A network that looks its logits up: those of an image are the row whose number is the image's first pixel.</summary>
internal sealed class TableModel : nn.Module<Tensor, Tensor>, IMultiHeadModel
{
    private readonly Parameter table;

    public TableModel(double[][] logits)
        : base(nameof(TableModel))
    {
        NumClasses = logits[0].Length;
        table = new Parameter(tensor([.. logits.SelectMany(row => row).Select(value => (float)value)], [logits.Length, NumClasses]));
        register_parameter(nameof(table), table);
    }

    public IReadOnlyList<Head> Heads { get; } = [new("main", 1)];

    public int InputSize => 1;

    public int NumClasses { get; }

    public string Configuration => nameof(TableModel);

    /// <summary>Called in each pass, with the images.</summary>
    public Action<Tensor>? Seen { get; set; }

    nn.Module IMultiHeadModel.Module => this;

    public override Tensor forward(Tensor input) => Forward(input, auxiliaries: false).Logits;

    public MultiHeadOutput Forward(Tensor images, bool auxiliaries)
    {
        Seen?.Invoke(images);
        using var scope = NewDisposeScope();
        var rows = images.select(3, 0).select(2, 0).select(1, 0).mul(255).add(0.5).to(ScalarType.Int64);
        return new MultiHeadOutput(new HeadOutput("main", table.index_select(0, rows).MoveToOuterDisposeScope()));
    }
}
