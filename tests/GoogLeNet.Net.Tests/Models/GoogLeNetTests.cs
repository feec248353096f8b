using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

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
        var output = model.AllHeads(zeros(1, 3, 224, 224));
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
