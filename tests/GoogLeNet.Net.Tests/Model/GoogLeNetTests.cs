using FluentAssertions;
using Inception.Architecture;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class GoogLeNetTests
{
    [Fact]
    public void The_tutorials_network_has_the_tutorials_parameters_and_shapes()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.Tutorial);
        long Count(Func<string, bool> which) => model.named_parameters().Where(p => which(p.name)).Sum(p => p.parameter.numel());

        Count(_ => true).Should().Be(10_334_030);
        Count(name => !name.StartsWith("aux")).Should().Be(5_983_802);
        Count(name => name.StartsWith("aux1.")).Should().Be(2_174_090);
        Count(name => name.StartsWith("aux2.")).Should().Be(2_176_138);

        using var frozen = no_grad();
        var output = model.Forward(zeros(1, 3, 224, 224), auxiliaries: true);
        output.Heads.Select(head => head.Name).Should().Equal("main", "aux1", "aux2");
        output.Heads.Should().OnlyContain(head => head.Logits.shape.SequenceEqual(new long[] { 1, 10 }));
    }

    [Fact]
    public void Auxiliary_heads_are_computed_in_training_mode_and_not_in_evaluation_mode()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, Small());
        var images = Arrays.NoiseTensor(1, 2, 3, 16, 16);

        var training = model.call(images);
        model.eval();
        var evaluation = model.call(images);

        training.Auxiliaries.Select(head => head.Name).Should().Equal("aux1", "aux2");
        evaluation.Auxiliaries.Should().BeEmpty();
        evaluation.Heads.Select(head => head.Name).Should().Equal("main");
        evaluation.Logits.Floats().Should().Equal(evaluation["main"].Floats());
    }

    [Fact]
    public void Heads_are_asked_for_by_name()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, Small());
        var output = model.call(Arrays.NoiseTensor(1, 2, 3, 16, 16));

        output["aux2"].Should().BeSameAs(output.Auxiliaries[1].Logits);
        output.Invoking(o => o["aux3"]).Should().Throw<KeyNotFoundException>().WithMessage("No head 'aux3' was computed; there are main, aux1, aux2.");
        model.Heads.Should().Equal(new Head("main", 1), new Head("aux1", 0.3), new Head("aux2", 0.3));
    }

    [Fact]
    public void A_network_without_auxiliary_heads_has_one_output()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(4, Small() with { Auxiliaries = [] });

        model.call(Arrays.NoiseTensor(1, 2, 3, 16, 16)).Heads.Should().ContainSingle().Which.Logits.shape.Should().Equal(2, 4);
    }

    [Theory]
    [InlineData(new long[] { 3, 16, 16 }, "a single image without a batch axis")]
    [InlineData(new long[] { 1, 1, 16, 16 }, "grey images")]
    [InlineData(new long[] { 1, 3, 3, 16 }, "too low")]
    [InlineData(new long[] { 1, 3, 16, 3 }, "too narrow")]
    public void Images_of_another_shape_are_refused_with_what_fits(long[] shape, string reason)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, Small());

        model.Invoking(m => m.call(zeros(shape))).Should().Throw<ArgumentException>(reason).WithMessage(
            $"The input's shape is ({string.Join(", ", shape)}); 'small' takes (N, 3, H, W) with H and W of at least 4 pixels.*");
    }

    [Fact]
    public void The_smallest_size_works()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, Small());
        model.eval();

        model.call(zeros(1, 3, 4, 4)).Logits.shape.Should().Equal(1, 10);
        model.call(zeros(1, 3, 9, 31)).Logits.shape.Should().Equal(1, 10);
    }

    [Fact]
    public void Images_of_another_type_are_refused()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, Small());

        model.Invoking(m => m.call(zeros([1, 3, 16, 16], dtype: ScalarType.Byte))).Should().Throw<ArgumentException>()
            .WithMessage("The input is of type Byte; the network's weights are Float32.*");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Fewer_than_one_class_is_refused(int classes) =>
        FluentActions.Invoking(() => GoogLeNet.Create(classes)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("numClasses");

    [Theory]
    [InlineData(PaddingRule.Symmetric)]
    [InlineData(PaddingRule.Same)]
    public void The_first_convolution_pads_by_the_rule(PaddingRule rule)
    {
        // With weights of 1 a convolution counts the pixels in its window; same padding sees one column fewer on the left.
        using var scope = NewDisposeScope();
        using var block = new ConvolutionBlock(1, 1, kernel: 7, new BlockOptions { Padding = rule }, stride: 2);
        using var frozen = no_grad();
        foreach (var (name, parameter) in block.named_parameters())
        {
            parameter.fill_(name.EndsWith("weight") ? 1 : 0);
        }

        var counts = block.call(ones(1, 1, 14, 14)).Floats();

        var first = rule == PaddingRule.Same ? 5 : 4; // 7 − 2 or 7 − 3 pixels inside
        var last = rule == PaddingRule.Same ? 4 : 5;  // the other way round at the end
        counts[0].Should().Be(first * first);
        counts[^1].Should().Be(last * last);
        counts.Should().HaveCount(49);
    }

    [Theory]
    [InlineData(Normalization.None)]
    [InlineData(Normalization.BatchNorm)]
    public void ReLU_behind_the_pooling_gives_the_same_values_and_gradients(Normalization normalization)
    {
        using var scope = NewDisposeScope();
        using var block = new ConvolutionBlock(3, 8, kernel: 3, new BlockOptions { Normalization = normalization });
        using var pooling = new MaxPooling(kernel: 2, stride: 2, PoolingRule.Ceil);
        manual_seed(0);
        var images = randn(2, 3, 14, 14);
        var weights = randn(2, 8, 7, 7);
        (Tensor Output, Tensor Gradient) Run(bool behind)
        {
            block.LeavesRelu = pooling.TakesRelu = behind;
            block.Conv.weight.grad = null;
            var output = pooling.call(block.call(images));
            (output * weights).sum().backward();
            return (output.detach(), block.Conv.weight.grad!);
        }

        var (paper, ours) = (Run(behind: false), Run(behind: true));

        ours.Output.Floats().Should().Equal(paper.Output.Floats()).And.Contain(0);
        ours.Gradient.Floats().Should().Equal(paper.Gradient.Floats());
    }

    [Fact]
    public void Evaluation_does_not_depend_on_what_else_is_in_the_batch()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, Small());
        model.eval();
        var images = Arrays.NoiseTensor(1, 3, 3, 16, 16);

        var together = model.call(images).Logits.Floats();
        var alone = model.call(images.narrow(0, 1, 1)).Logits.Floats();

        Arrays.RelativeError(alone, [.. together[10..20].Select(value => (double)value)]).Should().BeLessThan(1e-5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Inference_takes_a_large_batch_in_parts_and_gives_the_same_logits(bool auxiliaries)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, Small());
        model.eval();
        var images = Arrays.NoiseTensor(1, 27, 3, 160, 160);
        model.ImagesAtOnce(images).Should().BeInRange(2, 26);
        var whole = model.Forward(images, auxiliaries);
        using var mode = inference_mode();

        var inParts = model.Forward(images, auxiliaries);

        inParts.Heads.Select(head => head.Name).Should().Equal(whole.Heads.Select(head => head.Name));
        foreach (var (expected, actual) in whole.Heads.Zip(inParts.Heads))
        {
            actual.Logits.shape.Should().Equal(27, 10);
            Arrays.RelativeError(actual.Logits.Floats(), [.. expected.Logits.Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5);
        }
    }

    [Fact]
    public void A_part_is_four_large_images_a_thread_and_more_smaller_ones()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.TorchVision);
        var threads = get_num_threads();
        long AtOnce(int size, ScalarType type = ScalarType.Float32) => model.ImagesAtOnce(zeros([1, 3, size, size], type));

        AtOnce(224).Should().Be(4 * threads);
        AtOnce(112).Should().Be(16 * threads);
        AtOnce(224, ScalarType.BFloat16).Should().Be(8 * threads);
        AtOnce(4000).Should().Be(1);
    }

    [Fact]
    public void Inference_in_parts_leaves_nothing_behind()
    {
        using var model = GoogLeNet.Create(10, Small());
        model.eval();
        using var images = ones(40, 3, 160, 160);
        using var frozen = no_grad();
        model.call(images).Dispose();
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        model.call(images).Dispose();

        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void A_model_made_inside_a_dispose_scope_outlives_it()
    {
        GoogLeNet model;
        using (NewDisposeScope())
        {
            model = GoogLeNet.Create(10, Small());
        }

        using var scope = NewDisposeScope();
        using (model)
        {
            model.call(Arrays.NoiseTensor(1, 2, 3, 16, 16)).Logits.shape.Should().Equal(2, 10);
        }
    }

    internal static GoogLeNetSpec Small() => new()
    {
        Name = "small",
        InputSize = 16,
        Layers =
        [
            new ConvolutionSpec("conv1", 6, Kernel: 3),
            new MaxPoolSpec("maxpool1", 3, 2),
            new LocalResponseNormSpec("lrn1"),
            new InceptionSpec("3a", 4, 3, 5, 2, 3, 4),
            new InceptionSpec("3b", 5, 4, 6, 3, 4, 3),
            new MaxPoolSpec("maxpool2", 3, 2),
            new InceptionSpec("4a", 6, 5, 7, 3, 4, 5),
        ],
        Auxiliaries =
        [
            new("aux1", "3a") { Pooling = new AdaptiveAveragePooling(2), Channels = 4, Hidden = 8 },
            new("aux2", "3b") { Pooling = new AdaptiveAveragePooling(2), Channels = 4, Hidden = 8 },
        ],
    };
}
