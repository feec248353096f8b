using FluentAssertions;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Torch;

/// <summary>Strides as memory formats, and parameters as views of one buffer: what the trainer stands on.</summary>
[Collection(TorchCollection.Name)]
public sealed class LayoutTests
{
    [Fact]
    public void A_convolution_follows_the_strides_of_its_kernels()
    {
        using var scope = torch.NewDisposeScope();
        // (O, kH, kW, I) in memory, (O, I, kH, kW) to look at.
        var weight = new Parameter(Scattered(4 * 3 * 3 * 2).view(4, 3, 3, 2).permute(0, 3, 1, 2).detach());
        var input = Scattered(2, 5, 5, 2).permute(0, 3, 1, 2);
        var plain = new Parameter(weight.detach().contiguous());

        var output = F.conv2d(input, weight, padding: [1]);
        var expected = F.conv2d(input.contiguous(), plain, padding: [1]);
        output.square().sum().backward();
        expected.square().sum().backward();

        weight.is_leaf.Should().BeTrue();
        weight.stride().Should().Equal(18, 1, 6, 2);
        output.allclose(expected).Should().BeTrue();
        weight.grad!.allclose(plain.grad!).Should().BeTrue();
    }

    [Fact]
    public void Parameters_can_be_rebound_to_views_of_one_buffer()
    {
        using var scope = torch.NewDisposeScope();
        using var conv = nn.Conv2d(2, 3, 3, bias: true, dtype: torch.float64);
        var input = Scattered(1, 2, 4, 4);
        F.conv2d(input, conv.weight, conv.bias).square().sum().backward();
        var (before, gradient) = (conv.weight.Values(), conv.weight.grad!.Values());
        var biasGradient = conv.bias!.grad!.Values();
        var flat = torch.zeros([3 * 3 * 3 * 2 + 3], torch.float64);
        var flatGradient = torch.zeros_like(flat);

        Rebind(conv.weight, t => t.narrow(0, 0, 54).view(3, 3, 3, 2).permute(0, 3, 1, 2), flat, flatGradient);
        Rebind(conv.bias, t => t.narrow(0, 54, 3), flat, flatGradient);
        conv.call(input).square().sum().backward();
        conv.call(input).square().sum().backward();

        conv.weight.Values().Should().Equal(before);
        conv.weight.stride().Should().Equal(18, 1, 6, 2);
        conv.weight.is_leaf.Should().BeTrue();
        flatGradient.narrow(0, 0, 54).view(3, 3, 3, 2).permute(0, 3, 1, 2).Values().Zip(gradient)
            .Should().AllSatisfy(p => p.First.Should().BeApproximately(2 * p.Second, 1e-9));
        flatGradient.narrow(0, 54, 3).Values().Zip(biasGradient).Should().AllSatisfy(p => p.First.Should().BeApproximately(2 * p.Second, 1e-9));

        using (torch.no_grad())
        {
            flat.sub_(flatGradient.mul(0.5));
        }

        conv.weight.Values().Zip(before.Zip(gradient)).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second.First - p.Second.Second, 1e-9));
    }

    [Fact]
    public void Elements_come_in_the_order_of_the_dimensions_whatever_the_strides()
    {
        using var scope = torch.NewDisposeScope();
        var turned = Counted(2, 3).transpose(0, 1);

        turned.is_contiguous().Should().BeFalse();
        turned.data<double>().ToArray().Should().Equal(1, 4, 2, 5, 3, 6);
        turned.data<double>()[2, 1].Should().Be(6);
        turned.data<double>()[3].Should().Be(5);
        turned.data<double>().Should().Equal(1, 4, 2, 5, 3, 6);
        turned.Invoking(t => t.bytes.ToArray()).Should().Throw<InvalidOperationException>();
        turned.data<double>()[1, 1] = 50;
        turned.contiguous().Values().Should().Equal(1, 4, 2, 50, 3, 6);
        turned.Invoking(t => t.data<double>()[3] = 1).Should().Throw<IndexOutOfRangeException>("one index writes to one dimension only");
    }

    [Fact]
    public void Bytes_are_the_memory_to_read_and_a_copy_to_write()
    {
        using var scope = torch.NewDisposeScope();
        var tensor = torch.tensor(new[] { 1, 256 });

        tensor.bytes.ToArray().Should().Equal(1, 0, 0, 0, 0, 1, 0, 0);
        tensor.bytes[0] = 7;
        tensor.data<int>().ToArray().Should().Equal(7, 256);
        tensor.bytes = new byte[] { 1, 1, 0, 0, 2, 0, 0, 0 };
        tensor.data<int>().ToArray().Should().Equal(257, 2);
        tensor.Invoking(t => t.bytes = new byte[3]).Should().Throw<ArgumentException>();
    }

    private static void Rebind(Parameter parameter, Func<Tensor, Tensor> place, Tensor flat, Tensor flatGradient)
    {
        using var none = torch.no_grad();
        var view = place(flat);
        view.copy_(parameter);
        parameter.set_(view);
        parameter.grad = place(flatGradient);
    }
}
