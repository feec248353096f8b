using Inception;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CustomHeads;

/// <summary>Three convolutions, each behind a pooling, and a classifier behind every one of them: the last is the main head.</summary>
internal sealed class StackedNetwork : MultiHeadModel
{
    private readonly Conv2d[] convolutions;
    private readonly BatchNorm2d[] norms;
    private readonly Linear[] classifiers;

    public StackedNetwork(int numClasses)
        : base(nameof(StackedNetwork))
    {
        NumClasses = numClasses;
        int[] widths = [3, 16, 32, 64];
        convolutions = [.. widths[1..].Zip(widths, (to, from) => Conv2d(from, to, kernel_size: 3, padding: 1, bias: false))];
        norms = [.. widths[1..].Select(width => BatchNorm2d(width))];
        classifiers = [.. widths[1..].Select(width => Linear(width, numClasses))];
        for (var i = 0; i < convolutions.Length; i++)
        {
            register_module($"conv{i + 1}", convolutions[i]);
            register_module($"bn{i + 1}", norms[i]);
            register_module($"fc{i + 1}", classifiers[i]);
        }
    }

    /// <summary>The main head first; the weights are those of the heads' losses in the total.</summary>
    public override IReadOnlyList<Head> Heads { get; } = [new("main", 1), new("shallow", 0.3), new("middle", 0.3)];

    public override int InputSize => 32;

    public override int NumClasses { get; }

    /// <summary>A checkpoint of another network than this is refused by it.</summary>
    public override string Configuration => $"{nameof(StackedNetwork)} with {NumClasses} classes";

    protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
    {
        using var scope = NewDisposeScope();
        var x = images;                                                                             // (N, 3, 32, 32)
        var logits = new List<Tensor>();
        for (var i = 0; i < convolutions.Length; i++)
        {
            x = functional.relu(norms[i].call(convolutions[i].call(functional.max_pool2d(x, 2))));   // (N, 16, 16, 16), (N, 32, 8, 8), (N, 64, 4, 4)
            var isMain = i == convolutions.Length - 1;
            if (isMain || withAuxiliaries)
            {
                logits.Add(classifiers[i].call(x.mean([2, 3])).MoveToOuterDisposeScope());          // (N, classes)
            }
        }

        var main = new HeadOutput("main", logits[^1]);
        return withAuxiliaries ? new MultiHeadOutput(main, [new HeadOutput("shallow", logits[0]), new HeadOutput("middle", logits[1])]) : new MultiHeadOutput(main);
    }
}
