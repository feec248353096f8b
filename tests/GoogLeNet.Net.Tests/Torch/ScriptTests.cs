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
}
