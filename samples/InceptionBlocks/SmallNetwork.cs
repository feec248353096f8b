using Inception;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace InceptionBlocks;

/// <summary>A convolution, two Inception blocks of figure 2(b) with batch normalisation, and a classifier.</summary>
internal sealed class SmallNetwork : Module<Tensor, Tensor>
{
    private static readonly BlockOptions Options = new() { Normalization = Normalization.BatchNorm };
    private static readonly InceptionSpec Narrow = new("narrow", Conv1x1: 16, Reduce3x3: 16, Conv3x3: 32, Reduce5x5: 4, Conv5x5: 8, PoolProjection: 8);
    private static readonly InceptionSpec Wide = new("wide", Conv1x1: 32, Reduce3x3: 32, Conv3x3: 64, Reduce5x5: 8, Conv5x5: 16, PoolProjection: 16);

    private readonly Conv2d stem = Conv2d(3, 16, kernel_size: 3, padding: 1);
    private readonly InceptionModule first = new(Narrow, inChannels: 16, Options, seed: 1);
    private readonly InceptionModule second = new(Wide, inChannels: Narrow.OutChannels, Options, seed: 2);
    private readonly Linear classifier;

    public SmallNetwork(int numClasses)
        : base(nameof(SmallNetwork))
    {
        classifier = Linear(Wide.OutChannels, numClasses);
        RegisterComponents();
    }

    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = functional.relu(stem.call(images));                     // (N, 16, 32, 32)
        x = functional.max_pool2d(first.call(functional.max_pool2d(x, 2)), 2);  // (N, 64, 8, 8)
        x = second.call(x);                                             // (N, 128, 8, 8)
        return classifier.call(functional.adaptive_avg_pool2d(x, 1).flatten(1)).MoveToOuterDisposeScope();
    }
}
