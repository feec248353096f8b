using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Kernels;

/// <summary>
/// What is claimed to be accelerated on a CPU is seen to run by the library's own kernels where the processor has the instructions: libtorch would give the same numbers.
/// Whether it has them is asked of the runtime, and what runs is counted in whole networks.
/// </summary>
[Collection(TorchCollection.Name)]
public sealed class AccelerationTests
{
    // Of the images: vectors of 512 bits take no fewer.
    private const int Channels = 64;

    // Convolutions are products of matrices.
    private static readonly bool HasProducts = Avx512F.IsSupported || (Avx2.IsSupported && Fma.IsSupported);

    // Max pooling and batch normalization are portable vectors.
    private static readonly bool HasVectors = Vector128.IsHardwareAccelerated;

    private static readonly BlockOptions WithNorms = new() { Normalization = Normalization.BatchNorm };
    private static readonly BlockOptions WithoutNorms = new();

    [Fact]
    public void A_3x3_convolution_in_training()
    {
        var layer = new ConvolutionSpec("conv", Channels, Kernel: 3);

        var (forward, _) = Training(Network(layer));
        var (_, ofFilters) = Training(Network(layer), ofImages: false);
        var (_, ofImages) = Training(Network(layer), ofParameters: false);

        (forward > 0).Should().Be(HasProducts, "forward");
        (ofFilters > 0).Should().Be(HasProducts, "the filters' gradient");
        (ofImages > 0).Should().Be(HasProducts, "the images' gradient");
    }

    [Fact]
    public void A_3x3_convolution_in_evaluation_mode() =>
        (Evaluation(Network(new ConvolutionSpec("conv", Channels, Kernel: 3), WithNorms)) > 0).Should().Be(HasProducts);

    [Fact]
    public void Batch_normalization_in_training()
    {
        var (forward, backward) = OfOneNorm();

        (forward > 0).Should().Be(HasVectors, "forward");
        (backward > 0).Should().Be(HasVectors, "backward");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Max_pooling_in_training(int stride)
    {
        var (forward, backward) = Training(Network(new MaxPoolSpec("pool", Kernel: 3, stride)));

        (forward > 0).Should().Be(HasVectors, "forward");
        (backward > 0).Should().Be(HasVectors, "backward");
    }

    [Fact]
    public void Max_pooling_in_evaluation_mode() => (Evaluation(Network(new MaxPoolSpec("pool", Kernel: 3, Stride: 2))) > 0).Should().Be(HasVectors);

    [Fact]
    public void The_pooling_of_a_block_in_training_and_in_evaluation_mode()
    {
        var block = Network(Block(conv3x3: 6)); // No multiple of 4: libtorch computes all convolutions.

        var (forward, backward) = Training(block);

        (forward > 0).Should().Be(HasVectors, "forward");
        (backward > 0).Should().Be(HasVectors, "backward");
        (Evaluation(block) > 0).Should().Be(HasVectors, "in evaluation mode");
    }

    [Fact]
    public void The_3x3_convolution_of_a_block_in_training()
    {
        var (forward, backward) = Training(Network(Block(conv3x3: 64)));
        var (forwardWithout, backwardWithout) = Training(Network(Block(conv3x3: 6)));

        (forward > forwardWithout).Should().Be(HasProducts, "forward");
        (backward > backwardWithout).Should().Be(HasProducts, "backward");
    }

    [Fact]
    public void A_block_in_training_normalizes_four_times_the_three_convolutions_of_its_input_as_one()
    {
        var one = OfOneNorm();

        var (forward, backward) = Training(Network(Block(conv3x3: 64), WithNorms));
        var (forwardWithout, backwardWithout) = Training(Network(Block(conv3x3: 64)));

        (forward - forwardWithout).Should().Be(4 * one.Forward);
        (backward - backwardWithout).Should().Be(4 * one.Backward);
    }

    [Fact]
    public void A_block_of_a_compiled_network_in_two_parallel_regions()
    {
        // The 1×1 convolutions and the pooling of its input are the first, what follows them the second.
        var layer = new ConvolutionSpec("conv", Channels, Kernel: 1);
        var without = Compiled(Network(layer));
        var with = Compiled(Network(layer) with { Layers = [layer, Block(conv3x3: 64)] });

        (with - without).Should().Be(2);
    }

    private static InceptionSpec Block(int conv3x3) => new("3a", 64, 64, conv3x3, 64, 64, 64);

    private static GoogLeNetSpec Network(LayerSpec layer, BlockOptions? blocks = null) =>
        new() { Name = "one-layer", InputSize = 16, InputChannels = Channels, Layers = [layer], Blocks = blocks ?? WithoutNorms };

    // What batch normalization and ReLU add to a convolution that no kernel takes.
    private static (int Forward, int Backward) OfOneNorm()
    {
        var layer = new ConvolutionSpec("conv", Channels, Kernel: 1);
        var (forward, backward) = Training(Network(layer, WithNorms));
        var (forwardWithout, backwardWithout) = Training(Network(layer));
        return (forward - forwardWithout, backward - backwardWithout);
    }

    private static (int Forward, int Backward) Training(GoogLeNetSpec spec, bool ofImages = true, bool ofParameters = true)
    {
        using var scope = NewDisposeScope();
        using var network = GoogLeNet.Create(3, spec);
        network.train();
        foreach (var parameter in network.parameters())
        {
            parameter.requires_grad = ofParameters;
        }

        var images = Images(4, 16).requires_grad_(ofImages);
        var loss = zeros(1);
        var forward = KernelCalls.During(() => loss = network.call(images).Logits.square().sum());
        return (forward, KernelCalls.During(() => loss.backward()));
    }

    private static int Evaluation(GoogLeNetSpec spec)
    {
        using var network = GoogLeNet.Create(3, spec);
        return Evaluation(network, 4, 16);
    }

    private static int Compiled(GoogLeNetSpec spec)
    {
        using var scope = NewDisposeScope();
        using var network = GoogLeNet.Create(3, spec);
        using var compiled = network.Compile();
        var input = Images(1, 7);
        return KernelCalls.During(() => compiled.Logits(input));
    }

    private static int Evaluation(GoogLeNet network, int images, int size)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        network.eval();
        var input = Images(images, size);
        return KernelCalls.During(() => network.call(input));
    }

    private static Tensor Images(int count, int size) => Arrays.ChannelsLast(Arrays.NoiseTensor(1, count, Channels, size, size));
}
