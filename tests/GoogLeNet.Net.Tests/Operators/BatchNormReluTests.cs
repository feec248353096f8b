using FluentAssertions;
using Inception.Kernels;
using Inception.Operators;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Operators;

/// <summary>Batch normalisation and ReLU of images that lie channels last on a CPU, against libtorch's operators in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class BatchNormReluTests
{
    public static TheoryData<int, int, int[], bool, string> Shapes => new()
    {
        { 4, 6, [64], true, "whole blocks of channels" },
        { 4, 6, [64], false, "without ReLU" },
        { 3, 5, [BatchNormKernel.Block + 1], true, "a remainder of one channel" },
        { 3, 5, [(2 * BatchNormKernel.Block) - 1], true, "a remainder of all channels but one" },
        { 2, 4, [24, 16, 8], true, "three layers" },
        { 2, 1, [48], true, "two pixels" },
        { 9, 40, [40], true, "several ranges of several chunks" },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Values_gradients_and_running_statistics_are_libtorchs(int images, int size, int[] widths, bool relu, string reason)
    {
        using var scope = NewDisposeScope();
        var layers = Layers(widths);
        var ours = Ours(Input(images, size, widths.Sum()), layers, relu);
        var theirs = Theirs(Input(images, size, widths.Sum()), Layers(ScalarType.Float64, widths), relu);

        foreach (var (name, expected) in theirs)
        {
            Arrays.RelativeError(ours[name], [.. expected.Select(value => (double)value)]).Should().BeLessThan(2e-5, $"{name}, {reason}");
        }

        layers.Should().OnlyContain(layer => layer.num_batches_tracked!.to(ScalarType.Int64).item<long>() == 1);
    }

    // Images in libtorch's own layout, which the kernel does not take.
    [Theory]
    [InlineData(64)]
    [InlineData(24, 16)]
    public void Where_libtorch_computes_layers_side_by_side_are_the_layers_one_by_one(params int[] widths)
    {
        using var scope = NewDisposeScope();
        var (layers, others) = (Layers(widths), Layers(widths));
        Tensor Contiguous() => Input(4, 6, widths.Sum()).detach().contiguous().requires_grad_();
        var (input, other) = (Contiguous(), Contiguous());
        IsSupported(input, layers[0]).Should().BeFalse();

        var ours = Results(input, Ops.BatchNormRelu(input, layers), layers);
        var theirs = Results(other, ByLibtorch(other, others, relu: true), others);

        foreach (var (name, expected) in theirs)
        {
            Arrays.RelativeError(ours[name], [.. expected.Select(value => (double)value)]).Should().BeLessThan(2e-6, name);
        }

        Array.ForEach(layers, layer => layer.eval());
        Array.ForEach(others, layer => layer.eval());
        Arrays.RelativeError(Ops.BatchNormRelu(input, layers).Floats(), [.. ByLibtorch(other, others, relu: true).Floats().Select(value => (double)value)]).Should().BeLessThan(2e-6);
        layers.Should().OnlyContain(layer => layer.num_batches_tracked!.to(ScalarType.Int64).item<long>() == 1, "evaluation counts nothing");
    }

    [Fact]
    public void A_part_of_a_concatenations_gradient_is_read_where_it_lies()
    {
        using var scope = NewDisposeScope();
        float[] Gradient(Func<Tensor, Tensor> outputs)
        {
            var input = Input(3, 5, 32);
            outputs(input).mul(Arrays.NoiseTensor(4, 3, 96, 5, 5)).sum().backward();
            return input.grad!.Floats();
        }

        Tensor Normalised(Tensor input) => Normalize(input, Layers(32), relu: true);
        var ours = Gradient(x => cat([Arrays.ChannelsLast(x.mul(2).detach()), Normalised(x), Arrays.ChannelsLast(x.detach())], 1));
        var dense = Gradient(x => cat([Arrays.ChannelsLast(x.mul(2).detach()), Normalised(x).mul(1), Arrays.ChannelsLast(x.detach())], 1));

        ours.Should().Equal(dense);
    }

    [Fact]
    public void In_bfloat16_it_is_the_float32_one_rounded()
    {
        using var scope = NewDisposeScope();
        var narrow = Input(4, 6, 64, ScalarType.BFloat16);
        var wide = narrow.detach().to(ScalarType.Float32).requires_grad_();

        var ours = Ours(narrow, Layers(64), relu: true);
        var expected = Ours(wide, Layers(64), relu: true);

        ours["output"].Should().Equal(Rounded(expected["output"]));
        ours["input's gradient"].Should().Equal(Rounded(expected["input's gradient"]));
        ours["weight 0's gradient"].Should().Equal(expected["weight 0's gradient"]);
        ours["running variance 0"].Should().Equal(expected["running variance 0"]);

        static float[] Rounded(float[] values) => tensor(values).to(ScalarType.BFloat16).to(ScalarType.Float32).Floats();
    }

    [Fact]
    public void A_large_mean_costs_the_variance_nothing()
    {
        using var scope = NewDisposeScope();
        var layer = Layers(BatchNormKernel.Block)[0];
        var noise = Arrays.NoiseTensor(3, 8, BatchNormKernel.Block, 9, 9).to(ScalarType.Float64);
        var input = Arrays.ChannelsLast((noise + 1000).to(ScalarType.Float32));

        Normalize(input, [layer], relu: false);

        // The running variance starts from 1 and takes a tenth of the new one.
        var channels = input.to(ScalarType.Float64).permute(1, 0, 2, 3).flatten(1);
        var centred = channels - channels.mean([1], keepdim: true);
        var expected = (centred.pow(2).sum([1]) / (channels.shape[1] - 1) * 0.1) + 0.9;
        Arrays.RelativeError(layer.running_var!.Floats(), expected.data<double>().ToArray()).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void The_sums_are_the_same_on_any_number_of_threads()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, float[]> On(int count) => Threads.On(count, () => Ours(Input(9, 40, 40), Layers(40), relu: true));

        var (alone, together) = (On(1), On(3));

        together.Should().BeEquivalentTo(alone, options => options.WithStrictOrdering());
    }

    [Fact]
    public void The_gradient_of_a_gradient_is_the_one_of_libtorchs()
    {
        using var scope = NewDisposeScope();
        int[] widths = [24, 16];
        var (ours, theirs) = (Layers(widths), Layers(widths));
        var first = Penalty(Input(3, 4, 40), x => Normalize(x, ours, relu: true), ours);
        var second = Penalty(Input(3, 4, 40), x => ByLibtorch(x, theirs, relu: true), theirs);

        first.Zip(second).Should().AllSatisfy(pair =>
            Arrays.RelativeError(pair.First, [.. pair.Second.Select(value => (double)value)]).Should().BeLessThan(1e-4));
    }

    [Fact]
    public void Numbers_that_are_none_come_through_ReLU()
    {
        using var scope = NewDisposeScope();
        var input = Input(2, 3, BatchNormKernel.Block).detach();
        input.select(0, 0).select(0, 5).fill_(float.NaN);

        var output = Normalize(input, Layers(BatchNormKernel.Block), relu: true);

        output.select(1, 5).Floats().Should().OnlyContain(value => float.IsNaN(value));
        output.select(1, 4).Floats().Should().NotContain(value => float.IsNaN(value));
    }

    [Fact]
    public void Other_inputs_and_layers_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        var layer = Layers(64)[0];
        var input = Input(2, 4, 64);

        IsSupported(input, layer).Should().BeTrue();
        IsSupported(input.contiguous(), layer).Should().BeFalse("channels do not lie last");
        IsSupported(input.to(ScalarType.Float64), layer).Should().BeFalse("no kernel for the type");
        var few = BatchNormKernel.Block - 1;
        IsSupported(Input(2, 4, few), Layers(few)[0]).Should().BeFalse("too few channels for the vectors");
        IsSupported(Input(1, 1, 64), layer).Should().BeFalse("one pixel has no variance: libtorch says so");
        layer.eval();
        IsSupported(input, layer).Should().BeFalse("running statistics, not the batch's");
    }

    private static Tensor Normalize(Tensor input, BatchNorm2d[] layers, bool relu) => BatchNormReluFunction.Normalize(input, new JoinedNorms(layers), relu);

    private static bool IsSupported(Tensor input, BatchNorm2d layer) => BatchNormReluFunction.IsSupported(input, new JoinedNorms([layer]));

    private static Dictionary<string, float[]> Ours(Tensor input, BatchNorm2d[] layers, bool relu) =>
        Results(input, Normalize(input, layers, relu), layers);

    private static Dictionary<string, float[]> Theirs(Tensor input, BatchNorm2d[] layers, bool relu)
    {
        var wide = input.detach().to(ScalarType.Float64).contiguous().requires_grad_();
        return Results(wide, ByLibtorch(wide, layers, relu), layers);
    }

    private static Tensor ByLibtorch(Tensor input, BatchNorm2d[] layers, bool relu)
    {
        var parts = input.split([.. layers.Select(layer => layer.weight.shape[0])], 1);
        var normalised = cat([.. layers.Zip(parts, (layer, part) => layer.call(part))], 1);
        return relu ? F.relu(normalised) : normalised;
    }

    private static Dictionary<string, float[]> Results(Tensor input, Tensor output, BatchNorm2d[] layers)
    {
        var weights = Arrays.NoiseTensor(2, output.shape).to(ScalarType.BFloat16).to(output.dtype);
        output.backward([weights]);
        var results = new Dictionary<string, float[]> { ["output"] = Floats(output), ["input's gradient"] = Floats(input.grad!) };
        foreach (var (layer, i) in layers.Select((layer, i) => (layer, i)))
        {
            results[$"weight {i}'s gradient"] = Floats(layer.weight.grad!);
            results[$"bias {i}'s gradient"] = Floats(layer.bias!.grad!);
            results[$"running mean {i}"] = Floats(layer.running_mean!);
            results[$"running variance {i}"] = Floats(layer.running_var!);
        }

        return results;
    }

    // The gradients of the sum of squares of the input's gradient of the sum of cubes.
    private static List<float[]> Penalty(Tensor input, Func<Tensor, Tensor> function, BatchNorm2d[] layers)
    {
        function(input).pow(3).sum().backward(retain_graph: true, create_graph: true);
        var first = input.grad!;
        var parameters = layers.SelectMany(layer => new Tensor[] { layer.weight, layer.bias! }).ToList();
        input.grad = null;
        parameters.ForEach(parameter => parameter.grad = null);
        first.pow(2).sum().backward();
        return [input.grad!.Floats(), .. parameters.Select(parameter => parameter.grad!.Floats())];
    }

    private static BatchNorm2d[] Layers(params int[] widths) => Layers(ScalarType.Float32, widths);

    private static BatchNorm2d[] Layers(ScalarType type, int[] widths) =>
        [.. widths.Select((width, i) =>
        {
            var layer = nn.BatchNorm2d(width, eps: 1e-3, momentum: 0.1, dtype: type);
            using var still = no_grad();
            layer.weight.copy_(Arrays.NoiseTensor(20 + i, width) + 1.5);
            layer.bias!.copy_(Arrays.NoiseTensor(30 + i, width));
            return layer;
        })];

    private static Tensor Input(int images, int size, int channels, ScalarType type = ScalarType.Float32) =>
        Arrays.ChannelsLast((Arrays.NoiseTensor(1, images, channels, size, size) * 2) + 0.5).to(type).requires_grad_();

    private static float[] Floats(Tensor tensor) => tensor.detach().to(ScalarType.Float32).Floats();
}
