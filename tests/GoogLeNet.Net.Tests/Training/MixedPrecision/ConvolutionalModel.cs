using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Tests.Training.MixedPrecision;

/// <summary>A network of a user's own, from torch's layers alone: convolution, batch normalisation, ReLU, mean, linear layer.</summary>
internal sealed class ConvolutionalModel : MultiHeadModel
{
    private readonly Conv2d conv = nn.Conv2d(3, 8, 3, padding: 1);
    private readonly BatchNorm2d norm = nn.BatchNorm2d(8);
    private readonly Linear classifier = nn.Linear(8, 3);

    public ConvolutionalModel()
        : base(nameof(ConvolutionalModel))
    {
        register_module(nameof(conv), conv);
        register_module(nameof(norm), norm);
        register_module(nameof(classifier), classifier);
        using var frozen = no_grad();
        conv.weight.copy_(Arrays.NoiseTensor(1, 8, 3, 3, 3));
        conv.bias!.fill_(0);
        classifier.weight.copy_(Arrays.NoiseTensor(2, 3, 8));
        classifier.bias!.fill_(0);
    }

    public Conv2d Convolution => conv;

    public override IReadOnlyList<Head> Heads { get; } = [new("main", 1)];

    public override int InputSize => 8;

    public override int NumClasses => 3;

    public override string Configuration => nameof(ConvolutionalModel);

    protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
    {
        using var scope = NewDisposeScope();
        var features = nn.functional.relu(norm.call(conv.call(images)));
        return new(new HeadOutput("main", classifier.call(features.mean([2, 3])).MoveToOuterDisposeScope()));
    }
}
