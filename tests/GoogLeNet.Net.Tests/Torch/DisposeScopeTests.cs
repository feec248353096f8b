using System.Runtime.CompilerServices;
using FluentAssertions;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

[Collection(LiveTensors.Collection)]
public sealed class DisposeScopeTests
{
    [Fact]
    public void A_scope_disposes_what_was_made_in_it()
    {
        Tensor inside;
        var outside = torch.ones(1);
        using (var scope = torch.NewDisposeScope())
        {
            inside = torch.ones(1).add(outside);
            scope.DisposablesCount.Should().Be(2);
            scope.Contains(inside).Should().BeTrue();
        }

        inside.IsInvalid.Should().BeTrue();
        outside.IsInvalid.Should().BeFalse();
        outside.Dispose();
    }

    [Fact]
    public void What_moves_out_belongs_to_the_next_scope()
    {
        using var outer = torch.NewDisposeScope();
        Tensor a, b, c, left;
        using (var inner = torch.NewDisposeScope())
        {
            a = torch.ones(1).MoveToOuterDisposeScope();
            b = inner.MoveToOuter(torch.ones(1));
            (c, left) = (torch.ones(1), torch.ones(1));
            inner.MoveToOuter(c, a);
        }

        left.IsInvalid.Should().BeTrue();
        outer.DisposablesCount.Should().Be(3);
        outer.Dispose();
        new[] { a, b, c }.Should().AllSatisfy(t => t.IsInvalid.Should().BeTrue());
    }

    [Fact]
    public void What_is_detached_belongs_to_nobody()
    {
        Tensor a, b;
        using (var scope = torch.NewDisposeScope())
        {
            a = torch.ones(1).DetachFromDisposeScope();
            b = scope.Detach(torch.ones(1));
        }

        a.IsInvalid.Should().BeFalse();
        b.IsInvalid.Should().BeFalse();
        a.Dispose();
        b.Dispose();
    }

    [Fact]
    public void What_is_disposed_leaves_its_scope()
    {
        using var scope = torch.NewDisposeScope();
        var kept = torch.ones(1);
        torch.ones(1).Dispose();
        var dropped = torch.ones(1);

        scope.DisposablesCount.Should().Be(2);
        scope.DisposeEverythingBut(kept);

        scope.DisposablesCount.Should().Be(1);
        (kept.IsInvalid, dropped.IsInvalid).Should().Be((false, true));
    }

    [Fact]
    public void Scopes_may_end_out_of_order()
    {
        var outer = torch.NewDisposeScope();
        using var inner = torch.NewDisposeScope();
        outer.Dispose();

        var tensor = torch.ones(1).MoveToOuterDisposeScope();
        inner.Dispose();

        tensor.IsInvalid.Should().BeFalse();
        outer.Invoking(o => o.DisposablesCount).Should().Throw<ObjectDisposedException>();
        tensor.Dispose();
    }

    [Fact]
    public void A_scope_belongs_to_its_thread()
    {
        Tensor? elsewhere = null;
        using (var scope = torch.NewDisposeScope())
        {
            var thread = new Thread(() => elsewhere = torch.ones(1));
            thread.Start();
            thread.Join();
            scope.DisposablesCount.Should().Be(0);
        }

        elsewhere!.IsInvalid.Should().BeFalse();
        elsewhere.Dispose();
    }

    [Fact]
    public void A_parameter_takes_the_place_of_its_tensor()
    {
        Tensor data;
        Parameter parameter;
        using (var scope = torch.NewDisposeScope())
        {
            data = torch.ones(2);
            parameter = nn.Parameter(data);
            scope.Contains(parameter).Should().BeTrue();
            scope.Contains(data).Should().BeFalse();
            data.IsInvalid.Should().BeTrue();
            parameter.requires_grad.Should().BeTrue();
        }

        parameter.IsInvalid.Should().BeTrue();
    }

    [Fact]
    public void The_count_of_tensors_follows_them()
    {
        LiveTensors.Settle();
        var before = Tensor.TotalCount;
        using (torch.NewDisposeScope())
        {
            _ = torch.ones(3).add(1);
            Tensor.TotalCount.Should().Be(before + 2);
        }

        Tensor.TotalCount.Should().Be(before);
        Tensor.PeakCount.Should().BeGreaterThanOrEqualTo(before + 2);
    }

    [Fact]
    public void The_finalizer_frees_what_nobody_disposed()
    {
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        Forget(1000);
        LiveTensors.Settle();

        Tensor.TotalCount.Should().BeLessThanOrEqualTo(before);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _ = Counted(2);
        }
    }
}

/// <summary>The tests that count the process's tensors run while no other test does.</summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed class LiveTensors
{
    public const string Collection = "Live tensors";

    /// <summary>Finalizes what earlier tests left.</summary>
    public static void Settle()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
