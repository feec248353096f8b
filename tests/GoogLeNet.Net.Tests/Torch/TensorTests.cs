using FluentAssertions;
using TorchSharp;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

[Collection(TorchCollection.Name)]
public sealed class TensorTests
{
    [Fact]
    public void A_tensor_knows_its_shape_type_and_place()
    {
        using var tensor = torch.zeros(2, 3, torch.float16);

        tensor.shape.Should().Equal(2, 3);
        tensor.size().Should().Equal(2, 3);
        tensor.size(-1).Should().Be(3);
        tensor.stride().Should().Equal(3, 1);
        tensor.stride(0).Should().Be(3);
        (tensor.ndim, tensor.dim(), tensor.Dimensions).Should().Be((2, 2, 2));
        (tensor.numel(), tensor.NumberOfElements).Should().Be((6, 6));
        (tensor.element_size(), tensor.ElementSize).Should().Be((2, 2));
        tensor.dtype.Should().Be(ScalarType.Float16);
        tensor.is_floating_point().Should().BeTrue();
        (tensor.device_type, tensor.device_index, tensor.is_cuda).Should().Be((DeviceType.CPU, -1, false));
        tensor.ToString().Should().Be("[2x3], type = Float16, device = cpu");
    }

    public static TheoryData<string, Func<Tensor>, ScalarType, double[], long[]> Made => new()
    {
        { "float", () => torch.tensor(1.5f), ScalarType.Float32, [1.5], [] },
        { "double", () => torch.tensor(1.5), ScalarType.Float64, [1.5], [] },
        { "double as another type", () => torch.tensor(1.5, torch.float32), ScalarType.Float32, [1.5], [] },
        { "long", () => torch.tensor(3L), ScalarType.Int64, [3], [] },
        { "int", () => torch.tensor(3), ScalarType.Int32, [3], [] },
        { "byte", () => torch.tensor((byte)3), ScalarType.Byte, [3], [] },
        { "bool", () => torch.tensor(true), ScalarType.Bool, [1], [] },
        { "floats", () => torch.tensor(new[] { 1f, 2f }), ScalarType.Float32, [1, 2], [2] },
        { "longs", () => torch.tensor(new[] { 1L, 2L }), ScalarType.Int64, [1, 2], [2] },
        { "bools", () => torch.tensor(new[] { true, false }), ScalarType.Bool, [1, 0], [2] },
        { "bytes as floats", () => torch.tensor(new byte[] { 1, 255 }, torch.float32), ScalarType.Float32, [1, 255], [2] },
        { "ints under a shape", () => torch.tensor(new[] { 1, 2, 3, 4 }, [2, 2]), ScalarType.Int32, [1, 2, 3, 4], [2, 2] },
        { "rows and columns", () => torch.tensor(new[] { 1.0, 2 }, 1, 2), ScalarType.Float64, [1, 2], [1, 2] },
        { "three dimensions", () => torch.tensor(new[] { 1f, 2 }, 1, 2, 1), ScalarType.Float32, [1, 2], [1, 2, 1] },
        { "four dimensions", () => torch.tensor(new byte[] { 1, 2 }, 1, 2, 1, 1), ScalarType.Byte, [1, 2], [1, 2, 1, 1] },
        { "a matrix", () => torch.tensor(new[,] { { 1f, 2 }, { 3, 4 } }), ScalarType.Float32, [1, 2, 3, 4], [2, 2] },
        { "nothing", () => torch.tensor(Array.Empty<float>()), ScalarType.Float32, [], [0] },
        { "zeros", () => torch.zeros([1, 2]), ScalarType.Float32, [0, 0], [1, 2] },
        { "whole values", () => torch.full([2], 3), ScalarType.Int64, [3, 3], [2] },
        { "values", () => torch.full([2], 3.5), ScalarType.Float32, [3.5, 3.5], [2] },
        { "whole range", () => torch.arange(2), ScalarType.Int64, [0, 1], [2] },
        { "range", () => torch.arange(2.0), ScalarType.Float32, [0, 1], [2] },
        { "another type", () => torch.tensor(new[] { 1.7f, -1.7f }).to(torch.int32), ScalarType.Int32, [1, -1], [2] },
        { "to_type", () => torch.tensor(new[] { 1, 0 }).to_type(torch.@bool), ScalarType.Bool, [1, 0], [2] },
        { "like another", () => torch.tensor(new[] { 1, 0 }).to(torch.zeros(1)), ScalarType.Float32, [1, 0], [2] },
        { "type and device", () => torch.tensor(new[] { 1, 0 }).to(torch.float64, torch.CPU), ScalarType.Float64, [1, 0], [2] },
        { "bfloat16", () => torch.tensor(new[] { 1.00390625f }).to(torch.bfloat16), ScalarType.BFloat16, [1], [1] },
    };

    [Theory]
    [MemberData(nameof(Made))]
    public void What_is_made_has_the_type_the_shape_and_the_elements(string what, Func<Tensor> make, ScalarType type, double[] elements, long[] shape)
    {
        using var scope = torch.NewDisposeScope();

        var tensor = make();

        tensor.dtype.Should().Be(type, what);
        tensor.shape.Should().Equal(shape);
        tensor.Values().Should().Equal(elements);
    }

    [Fact]
    public void Managed_memory_is_copied()
    {
        var array = new[] { 1f, 2f };
        using var tensor = torch.tensor(array, requires_grad: true);
        array[0] = 9;

        tensor.data<float>().ToArray().Should().Equal(1, 2);
        tensor.requires_grad.Should().BeTrue();
        tensor.is_leaf.Should().BeTrue();
    }

    [Fact]
    public void A_tensor_of_no_elements_gives_none_and_as_an_array_only_with_one_dimension()
    {
        using var scope = torch.NewDisposeScope();

        torch.zeros([0]).data<float>().ToArray().Should().BeEmpty();
        torch.zeros([2, 0]).data<float>().Should().BeEmpty();
        FluentActions.Invoking(() => torch.zeros([2, 0]).data<float>().ToArray()).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void One_element_reads_as_a_number()
    {
        using var scope = torch.NewDisposeScope();

        torch.tensor(2.75).item<double>().Should().Be(2.75);
        torch.tensor(2.75).ToSingle().Should().Be(2.75f);
        torch.tensor(2.75f).ToDouble().Should().Be(2.75);
        torch.tensor(2.75f).ToInt32().Should().Be(2);
        torch.tensor(7).ToInt64().Should().Be(7);
        torch.tensor(7).ToBoolean().Should().BeTrue();
        torch.tensor(true).item<bool>().Should().BeTrue();
        torch.tensor(new byte[] { 3 }).item<byte>().Should().Be(3);
    }

    [Fact]
    public void Tensors_are_compared_by_their_elements()
    {
        using var scope = torch.NewDisposeScope();

        Vector(1, 2).Equals(Vector(1, 2)).Should().BeTrue();
        Vector(1, 2).Equals((object)Vector(1, 3)).Should().BeFalse();
        Vector(1, 2).allclose(Vector(1, 2.00001)).Should().BeTrue();
        Vector(1, 2).allclose(Vector(1, 2.1)).Should().BeFalse();
        Vector(double.NaN).allclose(Vector(double.NaN), equal_nan: true).Should().BeTrue();
    }

    [Fact]
    public void Aliases_and_conversions_to_the_same_share_memory()
    {
        using var scope = torch.NewDisposeScope();
        var tensor = Vector(1, 2);

        tensor.alias().zero_();
        tensor.cpu().add_(1);
        tensor.to(torch.float64).add_(1);
        tensor.to(torch.float64, copy: true).add_(1);

        tensor.Values().Should().Equal(2, 2);
        tensor.to(torch.float32, disposeAfter: true).IsInvalid.Should().BeFalse();
        tensor.IsInvalid.Should().BeTrue();
    }

    [Fact]
    public void Seeds_and_states_repeat_random_numbers()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(7);
        var first = Draw();
        torch.manual_seed(7);
        var second = Draw();
        var state = torch.get_rng_state();
        var third = Draw();
        torch.set_rng_state(state);
        var fourth = Draw();

        second.Should().Equal(first);
        third.Should().NotEqual(first);
        fourth.Should().Equal(third);
        torch.randperm(5).Values().Should().BeEquivalentTo([0, 1, 2, 3, 4]);
        torch.randint(2, 4, [100]).Values().Distinct().Should().BeEquivalentTo([2, 3]);
        torch.rand(100).Values().Should().AllSatisfy(v => v.Should().BeInRange(0, 1));
        using var generator = new torch.Generator(3);
        torch.rand(3, generator: generator).Values().Should().NotEqual(torch.rand(3, generator: generator).Values());

        static double[] Draw() => torch.cat([torch.rand(2), torch.randn(2), torch.randperm(8), torch.randint(1000, [4])]).Values();
    }

    [Theory]
    [InlineData("cpu", DeviceType.CPU, -1, "cpu")]
    [InlineData("cuda", DeviceType.CUDA, -1, "cuda")]
    [InlineData("CUDA:1", DeviceType.CUDA, 1, "cuda:1")]
    public void Devices_are_read_from_text(string text, DeviceType type, int index, string back)
    {
        var device = new torch.Device(text);

        (device.type, device.index, device.ToString()).Should().Be((type, index, back));
        ((Action)(() => _ = new torch.Device("toaster"))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Scalars_keep_their_kind()
    {
        ((Scalar)1).Type.Should().Be(ScalarType.Int64);
        ((Scalar)1f).Type.Should().Be(ScalarType.Float64);
        ((Scalar)true).Type.Should().Be(ScalarType.Bool);
        ((Scalar)2.75).ToInt32().Should().Be(2);
        (2.5.ToScalar().ToSingle(), 3.ToScalar().ToDouble(), true.ToScalar().ToInt64(), 2L.ToScalar().ToBoolean()).Should().Be((2.5f, 3.0, 1L, true));
    }

    [Fact]
    public void The_number_of_threads_can_be_set()
    {
        var before = torch.get_num_threads();
        torch.set_num_threads(2);

        torch.get_num_threads().Should().Be(2);
        torch.set_num_threads(before);
    }

    [Fact]
    public void Threads_use_tensors_at_once()
    {
        var results = new double[2][];
        var threads = Enumerable.Range(0, 2).Select(i => new Thread(() => results[i] = Train(i))).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());

        results[0].Should().Equal(Train(0));
        results[1].Should().Equal(Train(1));

        static double[] Train(int start)
        {
            using var scope = torch.NewDisposeScope();
            var weight = Scattered(4, 4).add(start).requires_grad_();
            for (var i = 0; i < 200; i++)
            {
                using var step = torch.NewDisposeScope();
                weight.matmul(weight).square().mean().backward();
                using var none = torch.no_grad();
                weight.sub_(weight.grad!.mul(0.001));
                weight.grad = null;
            }
            return weight.Values();
        }
    }
}
