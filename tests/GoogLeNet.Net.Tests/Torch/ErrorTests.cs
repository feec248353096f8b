using System.Reflection;
using System.Runtime.InteropServices;
using FluentAssertions;
using TorchSharp;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Torch;

[Collection(TorchCollection.Name)]
public sealed class ErrorTests
{
    public static TheoryData<string, Action, string> Mistakes => new()
    {
        { "shapes that do not fit", () => torch.ones(2, 3).mm(torch.ones(2, 3)), "mat1 and mat2 shapes cannot be multiplied*" },
        { "shapes that do not broadcast", () => torch.ones(2).add(torch.ones(3)), "The size of tensor a (2) must match the size of tensor b (3)*" },
        { "a view of another size", () => torch.ones(6).view(4), "shape *4* is invalid for input of size 6" },
        { "a dimension that is not there", () => torch.ones(6).size(1), "Dimension out of range*" },
        { "types that do not mix", () => F.linear(torch.ones(2), torch.ones([2, 2], torch.float64)), "*" },
        { "channels that do not fit", () => F.conv2d(torch.ones(1, 3, 8, 8), torch.ones(4, 2, 3, 3)), "Given groups=1, weight of size *, expected input*" },
        { "a class that is not there", () => F.cross_entropy(torch.ones(1, 3), torch.tensor(new long[] { 7 })), "Target 7 is out of bounds*" },
        { "a gradient of integers", () => torch.ones(2, torch.int64).requires_grad_(), "*loating point*" },
        { "backward from several elements", () => torch.ones(2, requires_grad: true).mul(2).backward(), "grad can be implicitly created only for scalar outputs" },
        { "changing a leaf", () => torch.ones(2, requires_grad: true).add_(1), "a leaf Variable that requires grad is being used in an in-place operation*" },
        { "the value of several elements", () => torch.ones(2).ToDouble(), "*" },
        { "nothing to interpolate to", () => F.interpolate(torch.ones(1, 1, 2, 2)), "*size or scale_factor*" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_an_exception_with_one_line_of_libtorch(string mistake, Action action, string message)
    {
        var text = action.Should().Throw<ExternalException>(mistake).Which.Message;

        // TorchSharp goes on with a stack trace of C++ frames.
        text.Split('\n')[0].Should().Match(message);
        if (IsSystemTorch)
        {
            text.Should().NotContain("\n");
        }
    }

    [Fact]
    public void A_disposed_tensor_is_refused()
    {
        var tensor = torch.ones(2);
        tensor.Dispose();
        tensor.Dispose();

        tensor.IsInvalid.Should().BeTrue();
        tensor.Invoking(t => t.add(1)).Should().Throw<InvalidOperationException>();
        tensor.Invoking(t => t.shape).Should().Throw<InvalidOperationException>();
        tensor.Invoking(t => t.data<float>()).Should().Throw<InvalidOperationException>();
        torch.ones(2).Invoking(t => t.add(tensor)).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void An_operator_that_libtorch_lacks_is_an_exception()
    {
        if (typeof(torch).Assembly.GetType("TorchSharp.Interop.Op") is not { } op)
        {
            return;
        }

        var unknown = Activator.CreateInstance(op, "no_such_operator", "");

        var call = () => op.GetMethod("Find", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(unknown, []);

        call.Should().Throw<TargetInvocationException>().WithInnerException<ExternalException>()
            .WithMessage("this libtorch has no operator aten::no_such_operator*");
    }

    [Fact]
    public void Too_few_elements_for_a_shape_are_refused()
    {
        var make = () => torch.tensor(new float[5], [2, 3]);

        make.Should().Throw<ArgumentException>().WithMessage("mismatched total size*6 vs. 5*");
    }

    [Fact]
    public void Elements_are_read_as_what_they_are()
    {
        torch.ones(2).Invoking(t => t.data<double>()).Should().Throw<ArgumentException>().WithMessage("Double is not compatible with Float32");
        torch.ones(2).Invoking(t => t.item<float>()).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_gpu_that_is_not_there_is_refused()
    {
        if (torch.cuda.is_available())
        {
            return;
        }

        torch.cuda.device_count().Should().Be(0);
        torch.ones(1).Invoking(t => t.cuda()).Should().Throw<InvalidOperationException>();
        torch.ones(1).Invoking(t => t.to(new torch.Device("cuda:0"))).Should().Throw<InvalidOperationException>();
        torch.ones(1).Invoking(t => t.pin_memory()).Should().Throw<ExternalException>();
        nn.Linear(1, 1).Invoking(m => m.cuda()).Should().Throw<InvalidOperationException>();
    }
}
