using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class AuxiliaryClassifierTests
{
    public static TheoryData<AuxiliaryPooling, int, BlockOptions> Cases => new()
    {
        { new AveragePooling(5, 3), 14, new() },
        { new AveragePooling(3, 2), 6, new() { Padding = PaddingRule.Same } },
        { new AdaptiveAveragePooling(2), 5, new() },
        { new AdaptiveAveragePooling(4), 4, new() { Normalization = Normalization.BatchNorm } },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_head_is_pooling_convolution_hidden_layer_and_classifier(AuxiliaryPooling pooling, int size, BlockOptions options)
    {
        using var scope = NewDisposeScope();
        using var head = new AuxiliaryClassifier(
            new AuxiliarySpec("aux1", "4a") { Pooling = pooling, Channels = 3, Hidden = 7 }, inChannels: 4, size, numClasses: 5, options, seed: 2);
        head.eval();
        var state = InceptionModuleTests.Disturb(head);
        var input = Arrays.NoiseTensor(3, 2, 4, size, size);

        var pooled = pooling switch
        {
            AveragePooling average => Naive.AveragePool(input.Grid(), average.Kernel, average.Stride),
            AdaptiveAveragePooling adaptive => Naive.AdaptiveAveragePool(input.Grid(), adaptive.Size),
            _ => throw new NotSupportedException(),
        };
        var projected = InceptionModuleTests.Convolution(pooled, state, options, "conv");
        var flat = new double[2, projected.Length / 2];
        Buffer.BlockCopy(projected, 0, flat, 0, projected.Length * sizeof(double));
        var hidden = Naive.Linear(flat, state["fc1.weight"].Floats(), state["fc1.bias"].Floats());
        for (var i = 0; i < hidden.Length; i++)
        {
            hidden[i / 7, i % 7] = Math.Max(hidden[i / 7, i % 7], 0);
        }

        var expected = Naive.Linear(hidden, state["fc2.weight"].Floats(), state["fc2.bias"].Floats());
        var output = head.call(input);

        output.shape.Should().Equal(2, 5);
        Arrays.RelativeError(output.Floats(), [.. expected.Cast<double>()]).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Dropout_acts_in_training_only()
    {
        using var scope = NewDisposeScope();
        using var head = new AuxiliaryClassifier(new AuxiliarySpec("aux1", "4a") { Hidden = 64 }, 4, 14, 5);
        var input = Arrays.NoiseTensor(3, 1, 4, 14, 14);

        head.train();
        head.call(input).Floats().Should().NotEqual(head.call(input).Floats());
        head.eval();
        head.call(input).Floats().Should().Equal(head.call(input).Floats());
    }

    [Theory]
    [InlineData(0, 14, 5, "inChannels")]
    [InlineData(4, 0, 5, "inputSize")]
    [InlineData(4, 14, 0, "numClasses")]
    public void Impossible_counts_are_refused(int inChannels, int inputSize, int numClasses, string parameter) =>
        FluentActions.Invoking(() => new AuxiliaryClassifier(new AuxiliarySpec("aux1", "4a"), inChannels, inputSize, numClasses))
            .Should().Throw<ArgumentOutOfRangeException>().WithParameterName(parameter);

    public static TheoryData<AuxiliarySpec, string> Impossible => new()
    {
        { new("aux1", "4a") { Pooling = new AveragePooling(5, 0) }, "aux1.Pooling.Stride is 0; it must be at least 1." },
        { new("aux1", "4a") { Pooling = new AdaptiveAveragePooling(-1) }, "aux1.Pooling.Size is -1; it must be at least 1." },
        { new("aux1", "4a") { Hidden = 0 }, "aux1.Hidden is 0; it must be at least 1." },
        { new("aux1", "4a") { Dropout = 2 }, "aux1.Dropout is 2; it must be in [0, 1)." },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_impossible_head_is_refused(AuxiliarySpec spec, string message) =>
        FluentActions.Invoking(() => new AuxiliaryClassifier(spec, 4, 14, 5)).Should().Throw<ArgumentException>().WithMessage(message);

    [Theory]
    [InlineData(17, 17, "both sides are too large")]
    [InlineData(17, 14, "too high")]
    [InlineData(14, 17, "too wide")]
    [InlineData(13, 14, "too low")]
    [InlineData(14, 13, "too narrow")]
    public void A_feature_map_of_another_size_is_refused_with_the_size_that_fits(int height, int width, string reason)
    {
        using var head = new AuxiliaryClassifier(new AuxiliarySpec("aux1", "4a") { Hidden = 8 }, 4, inputSize: 14, numClasses: 5);

        head.Invoking(h => h.call(Arrays.NoiseTensor(3, 1, 4, height, width))).Should().Throw<ArgumentException>(reason)
            .WithMessage($"The head 'aux1' was built for feature maps of 14×14 pixels; this one is {height}×{width}.*");
    }

    [Fact]
    public void An_oblong_feature_map_that_pools_to_the_same_size_is_taken()
    {
        using var scope = NewDisposeScope();
        using var head = new AuxiliaryClassifier(new AuxiliarySpec("aux1", "4a") { Hidden = 8 }, 4, inputSize: 14, numClasses: 5);

        // ⌊(16 − 5) / 3⌋ + 1 = ⌊(14 − 5) / 3⌋ + 1 = 4.
        head.call(Arrays.NoiseTensor(3, 1, 4, 14, 16)).shape.Should().Equal(1, 5);
    }
}
