using System.Runtime.InteropServices;
using FluentAssertions;
using TorchSharp;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

[Collection(TorchCollection.Name)]
public sealed class ScriptTests
{
    private const string Source = """
        from typing import List, Tuple
        def scaled(x, y: float):
            return x * y
        def total(xs: List[Tensor]):
            return torch.stack(xs).sum(0)
        def both(x):
            return x + 1, x - 1
        def parts(x):
            return x.split(1)
        def count(x) -> int:
            return x.numel()
        def broken(x):
            return x.mm(x)

        """;

    private static readonly string Functions = Source[(Source.IndexOf('\n') + 1)..];

    [Fact]
    public void Functions_take_and_return_what_python_does()
    {
        using var scope = torch.NewDisposeScope();
        using var unit = torch.jit.compile(Functions);

        unit.invoke<Tensor>("scaled", Vector(1, 2), 1.5).Values().Should().Equal(1.5, 3);
        unit.invoke<Tensor>("total", (object)new[] { Vector(1, 2), Vector(3, 4) }).Values().Should().Equal(4, 6);
        unit.invoke<(Tensor, Tensor)>("both", Vector(1)).Item2.Values().Should().Equal(0);
        ((Tensor[])unit.invoke("parts", Vector(7, 8))).Select(t => t.item<double>()).Should().Equal(7, 8);
        unit.invoke<Scalar>("count", Vector(7, 8)).ToInt64().Should().Be(2);
    }

    [Fact]
    public void Gradients_flow_through_functions()
    {
        using var scope = torch.NewDisposeScope();
        using var unit = torch.jit.compile(Functions);
        var x = Vector(1, 2).requires_grad_();

        unit.invoke<Tensor>("scaled", x, 3.0).sum().backward();

        x.grad!.Values().Should().Equal(3, 3);
    }

    [Fact]
    public void What_goes_wrong_is_an_exception()
    {
        if (!IsSystemTorch)
        {
            return; // TorchSharp lets the first two end the process.
        }

        using var unit = torch.jit.compile(Functions);

        ((Action)(() => torch.jit.compile("def f(x):\n    return torch.no_such_thing(x)\n").invoke("f", Vector(1)))).Should().Throw<ExternalException>();
        unit.Invoking(u => u.invoke("missing", Vector(1))).Should().Throw<ExternalException>().WithMessage("*'missing'*");
        unit.Invoking(u => u.invoke("broken", Vector(1))).Should().Throw<ExternalException>();
        ((Action)(() => torch.jit.compile("def f(x:\n"))).Should().Throw<ExternalException>();
        unit.Invoking(u => u.invoke("scaled", Vector(1), "text")).Should().Throw<NotImplementedException>();
        unit.invoke<Tensor>("scaled", Vector(1), 2.0).Values().Should().Equal(2);
    }
}
