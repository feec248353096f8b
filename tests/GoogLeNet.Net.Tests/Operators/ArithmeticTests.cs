using System.Diagnostics;
using FluentAssertions;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Operators;

[Collection(TorchCollection.Name)]
public sealed class ArithmeticTests
{
    [Fact]
    public void Each_method_computes_what_it_says()
    {
        using var scope = NewDisposeScope();
        Tensor X() => tensor([1f, -2f, 8f]);

        X().Plus(tensor([1f, 1f, 2f])).Values().Should().Equal(2, -1, 10);
        X().Plus(0.5).Values().Should().Equal(1.5, -1.5, 8.5);
        X().Times(3).Values().Should().Equal(3, -6, 24);
        X().Over(4).Values().Should().Equal(0.25, -0.5, 2);
        X().Add_(tensor([1f, 1f, 2f])).Values().Should().Equal(2, -1, 10);
        X().Add_(tensor([1f, 1f, 2f]), -2).Values().Should().Equal(-1, -4, 4);
        X().Add_(0.5).Values().Should().Equal(1.5, -1.5, 8.5);
        X().Multiply_(3).Values().Should().Equal(3, -6, 24);
        X().Divide_(4).Values().Should().Equal(0.25, -0.5, 2);
        X().Clamp_(-1, 2).Values().Should().Equal(1, -1, 2);
        X().Fill_(7).Values().Should().Equal(7, 7, 7);
        Arithmetic.Full([2], 0.5, ScalarType.Float64, CPU).Values().Should().Equal(0.5, 0.5);
        Arithmetic.Range(3).Longs().Should().Equal(0, 1, 2);
    }

    // TorchSharp's own methods fail here after about 30,000 operations.
    [Fact]
    public async Task Collections_on_another_thread_free_no_number_in_use()
    {
        using var ended = new CancellationTokenSource();
        var collecting = Task.Run(() =>
        {
            while (!ended.IsCancellationRequested)
            {
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
                Thread.Sleep(1);
            }
        });

        try
        {
            using var x = zeros(1);
            for (var time = Stopwatch.StartNew(); time.Elapsed < TimeSpan.FromSeconds(2);)
            {
                using var sum = x.Fill_(1).Add_(0.5).Multiply_(4).Divide_(3).Clamp_(0, 5).Add_(x, 0.5).Plus(1);
                using var result = sum.Times(2);
                using var half = result.Over(2);
            }

            x.Values().Should().Equal(3);
        }
        finally
        {
            await ended.CancelAsync();
            await collecting;
        }
    }
}
