using FluentAssertions;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

[Collection(TorchCollection.Name)]
public sealed class FlatParametersTests
{
    [Fact]
    public void Parameters_keep_their_values_and_shapes()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var before = model.named_parameters().ToDictionary(p => p.name, p => (Shape: p.parameter.shape, Values: p.parameter.Floats()));

        using var flat = new FlatParameters(model);

        foreach (var (name, parameter) in model.named_parameters())
        {
            parameter.shape.Should().Equal(before[name].Shape);
            parameter.Floats().Should().Equal(before[name].Values, name);
        }

        flat.Values.shape.Should().Equal(before.Values.Sum(p => p.Values.LongLength));
    }

    [Fact]
    public void A_model_whose_parameters_are_of_several_types_is_refused()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        model.named_children().Single(child => child.name == "fc").module.to(ScalarType.Float64);

        FluentActions.Invoking(() => new FlatParameters(model)).Should().Throw<ArgumentException>()
            .WithMessage("The parameter 'fc.weight' is Float64 on cpu; all must be Float32 on one device.*");
    }

    [Fact]
    public void A_parameter_and_its_place_in_the_buffer_are_one_memory()
    {
        using var frozen = no_grad();
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var flat = new FlatParameters(model);

        flat.Values.fill_(3);
        model.named_parameters().Should().OnlyContain(p => p.parameter.Floats().All(value => value == 3));
        model.parameters().First().fill_(4);
        flat.Values.Floats().Count(value => value == 4).Should().Be((int)model.parameters().First().numel());
    }

    [Fact]
    public void Gradients_are_those_of_separate_tensors_and_accumulate_in_the_buffer()
    {
        using var scope = NewDisposeScope();
        using var plain = GoogLeNet.Create(3, Tiny.Spec(dropout: 0));
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0));
        using var flat = new FlatParameters(model);
        var images = Arrays.NoiseTensor(4, 6, 3, 8, 8);

        Backward(plain, images);
        Backward(model, images);
        var once = flat.Gradients.Floats();
        foreach (var (mine, other) in model.named_parameters().Zip(plain.named_parameters()))
        {
            var expected = other.parameter.grad!.Floats().Select(value => (double)value).ToList();
            Arrays.RelativeError(mine.parameter.grad!.Floats(), expected).Should().BeLessThan(1e-4, mine.name);
        }

        once.Select(Math.Abs).Sum().Should().BeApproximately(
            plain.named_parameters().SelectMany(p => p.parameter.grad!.Floats()).Select(Math.Abs).Sum(), 1e-3f * once.Select(Math.Abs).Sum());

        // Statistics of the batch are used in training mode, so that a second pass gives the same gradient again.
        Backward(model, images);
        Arrays.RelativeError(flat.Gradients.Floats(), [.. once.Select(value => 2.0 * value)]).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Convolution_weights_lie_channels_last()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var flat = new FlatParameters(model);

        var weight = model.named_parameters().Single(p => p.name == "conv1.conv.weight").parameter; // (8, 3, 3, 3)
        weight.stride().Should().Equal(27, 1, 9, 3);
        weight.grad!.stride().Should().Equal(27, 1, 9, 3);
        foreach (var parameter in model.parameters().Where(p => p.shape.Length == 4))
        {
            var (o, i, h, w) = (parameter.shape[0], parameter.shape[1], parameter.shape[2], parameter.shape[3]);
            parameter.stride().Should().Equal(h * w * i, 1, w * i, i);
        }
    }

    [Fact]
    public void Weights_come_first_and_biases_and_norms_after_them()
    {
        using var frozen = no_grad();
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var flat = new FlatParameters(model);
        foreach (var (name, parameter) in model.named_parameters())
        {
            parameter.fill_(parameter.shape.Length > 1 ? 1 : 2);
        }

        var values = flat.Values.Floats();
        values[..(int)flat.Groups[0].Length].Should().OnlyContain(value => value == 1);
        values[(int)flat.Groups[1].Start..].Should().NotBeEmpty().And.OnlyContain(value => value == 2);
    }

    [Fact]
    public void The_parameters_outlive_the_buffers_and_can_be_gathered_again()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var before = model.named_parameters().Select(p => p.parameter.Floats()).ToList();

        new FlatParameters(model).Dispose();
        new FlatParameters(model).Dispose();

        model.named_parameters().Zip(before).Should().OnlyContain(pair => pair.First.parameter.Floats().SequenceEqual(pair.Second));
    }

    private static void Backward(GoogLeNet model, Tensor images)
    {
        var labels = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
        model.AllHeads(images).Heads.Select(head => nn.functional.cross_entropy(head.Logits, labels))
            .Aggregate((sum, loss) => sum + loss).backward();
    }
}
