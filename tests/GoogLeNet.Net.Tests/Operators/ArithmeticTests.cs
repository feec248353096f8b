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
        var other = tensor([1f, 1f, 2f]);
        Check(x => x.Plus(other), inPlace: false, 2, -1, 10);
        Check(x => x.Plus(0.5), inPlace: false, 1.5, -1.5, 8.5);
        Check(x => x.Times(3), inPlace: false, 3, -6, 24);
        Check(x => x.Over(4), inPlace: false, 0.25, -0.5, 2);
        Check(x => x.Add_(other), inPlace: true, 2, -1, 10);
        Check(x => x.Add_(other, -2), inPlace: true, -1, -4, 4);
        Check(x => x.Add_(0.5), inPlace: true, 1.5, -1.5, 8.5);
        Check(x => x.Multiply_(3), inPlace: true, 3, -6, 24);
        Check(x => x.Divide_(4), inPlace: true, 0.25, -0.5, 2);
        Check(x => x.Clamp_(-1, 2), inPlace: true, 1, -1, 2);
        Check(x => x.Fill_(7), inPlace: true, 7, 7, 7);
        Arithmetic.Full([2], 0.5, ScalarType.Float64, CPU).Values().Should().Equal(0.5, 0.5);
        Arithmetic.Range(3).Longs().Should().Equal(0, 1, 2);
    }

    private static void Check(Func<Tensor, Tensor> compute, bool inPlace, params double[] expected)
    {
        var x = tensor([1f, -2f, 8f]);
        compute(x).Values().Should().Equal(expected);
        x.Values().Should().Equal(inPlace ? expected : [1, -2, 8]);
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
