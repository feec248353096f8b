using System.Runtime.CompilerServices;
using FluentAssertions;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

/// <summary>Functions whose passes the program computes.</summary>
[Collection(TorchCollection.Name)]
public sealed class FunctionTests
{
    [Fact]
    public void Gradients_come_from_the_backward_pass_and_go_on_through_the_graph()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Vector(1, 2).requires_grad_(), Vector(3, 4).requires_grad_());

        var result = Powers.apply(x.mul(2), 3, y);
        result.mul(10).sum().backward();

        // (2x)³ · y: 3 · (2x)² · 2 · y and (2x)³, ten times each.
        result.Values().Should().Equal(24, 256);
        x.grad!.Values().Should().Equal(10 * 72, 10 * 384);
        y.grad!.Values().Should().Equal(10 * 8, 10 * 64);
    }

    [Fact]
    public void A_function_of_differentiable_operators_can_be_differentiated_twice()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Vector(2).requires_grad_(), Vector(5));

        Powers.apply(x, 3, y).sum().backward(retain_graph: true, create_graph: true);
        var first = x.grad!;
        x.grad = null;
        first.sum().backward();

        first.Values().Should().Equal(3 * 4 * 5);
        x.grad!.Values().Should().Equal(6 * 2 * 5);
    }

    [Fact]
    public void An_argument_that_needs_no_gradient_may_get_none()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Vector(1, 2), Vector(3, 4).requires_grad_());

        Powers.apply(x, 2, y).sum().backward();

        x.grad.Should().BeNull();
        y.grad!.Values().Should().Equal(1, 4);
    }

    [Fact]
    public void Where_nothing_needs_gradients_nothing_is_recorded()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Vector(1, 2), Vector(3, 4));

        Powers.apply(x, 2, y).requires_grad.Should().BeFalse("no argument requires gradients");
        x.requires_grad_();
        Powers.apply(x, 2, y).requires_grad.Should().BeTrue();
        using (no_grad())
        {
            Powers.apply(x, 2, y).requires_grad.Should().BeFalse("the mode says so");
        }

        using (inference_mode())
        {
            Powers.apply(x, 2, y).requires_grad.Should().BeFalse("the mode says so");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_result_is_a_handle_of_its_own_even_of_an_argument(bool recorded)
    {
        using var scope = NewDisposeScope();
        var x = Vector(1, 2).requires_grad_(recorded);

        var same = Identity.apply(x);
        same.Dispose();

        same.Should().NotBeSameAs(x);
        x.Values().Should().Equal(1, 2);
    }

    [Fact]
    public void A_gradient_that_is_disposed_is_none()
    {
        using var scope = NewDisposeScope();
        var x = Vector(1, 2).requires_grad_();

        Identity.apply(x).sum().backward();

        x.grad.Should().BeNull();
    }

    [Fact]
    public void The_graph_keeps_what_the_forward_pass_left_and_releases_it_with_itself()
    {
        var kept = UseAndRelease();

        for (var i = 0; i < 10 && kept.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        kept.IsAlive.Should().BeFalse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference UseAndRelease()
    {
        using var scope = NewDisposeScope();
        var x = Vector(1, 2).requires_grad_();
        var exponent = new Exponent(2);
        var result = Powers.apply(x, exponent, Vector(1, 1));
        GC.Collect();
        result.sum().backward();
        x.grad!.Values().Should().Equal(2, 4);
        return new WeakReference(exponent);
    }

    private sealed record Exponent(int Value);

    // x to the power of n, times y.
    private sealed class Powers : autograd.SingleTensorFunction<Powers>
    {
        public override string Name => nameof(Powers);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x, y) = ((Tensor)vars[0], (Tensor)vars[2]);
            ctx.save_for_backward([x, null!, y]);
            ctx.save_data("exponent", vars[1] is int n ? new Exponent(n) : vars[1]);
            ctx.get_data("nothing").Should().BeNull();
            return x.pow(((Exponent)ctx.get_data("exponent")).Value).mul(y);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            var (x, y, n) = (saved[0], saved[2], ((Exponent)ctx.get_data("exponent")).Value);
            saved[1].Should().BeNull();
            return [x.pow(n - 1).mul(n).mul(y).mul(grad_output), null!, y.requires_grad ? x.pow(n).mul(grad_output) : null!];
        }
    }

    private sealed class Identity : autograd.SingleTensorFunction<Identity>
    {
        public override string Name => nameof(Identity);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => (Tensor)vars[0];

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            grad_output.Dispose();
            return [grad_output];
        }
    }
}
