using FluentAssertions;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

/// <summary>Which methods return the tensor itself decides whether disposing their result disposes the tensor.</summary>
[Collection(TorchCollection.Name)]
public sealed class HandleTests
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> InPlace = new()
    {
        ["add_"] = t => t.add_(1),
        ["sub_"] = t => t.sub_(1),
        ["mul_"] = t => t.mul_(2),
        ["div_"] = t => t.div_(2),
        ["clamp_"] = t => t.clamp_(0, 1),
        ["relu_"] = t => t.relu_(),
        ["addcmul_"] = t => t.addcmul_(Vector(1, 2), Vector(3, 4), 1),
        ["lerp_"] = t => t.lerp_(Vector(1, 2), Vector(0.5, 0.5)),
        ["copy_"] = t => t.copy_(Vector(1, 2)),
        ["set_"] = t => t.set_(Vector(1, 2)),
        ["fill_"] = t => t.fill_(1),
        ["uniform_"] = t => t.uniform_(0, 1),
        ["normal_"] = t => t.normal_(0, 1),
        ["requires_grad_"] = t => t.requires_grad_(),
    };

    public static TheoryData<string> Names => [.. InPlace.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Methods_in_place_return_the_tensor_itself(string name)
    {
        var tensor = Vector(1, 2);
        InPlace[name](tensor).Should().BeSameAs(tensor);
    }

    [Fact]
    public void Zero_returns_a_second_handle_of_the_tensor()
    {
        using var tensor = Vector(1, 2);
        var other = tensor.zero_();
        other.Should().NotBeSameAs(tensor);
        other.add_(3);
        other.Dispose();
        tensor.data<double>().ToArray().Should().Equal(3, 3);
    }

    [Fact]
    public void Views_and_conversions_that_change_nothing_are_second_handles()
    {
        using var tensor = Vector(1, 2);
        foreach (var same in new[] { tensor.contiguous(), tensor.to(tensor.dtype), tensor.cpu(), tensor.view(2), tensor.reshape(2), tensor.alias(), tensor.detach() })
        {
            same.Should().NotBeSameAs(tensor);
            same.Dispose();
        }

        tensor.data<double>().ToArray().Should().Equal(1, 2);
    }
}
