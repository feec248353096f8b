using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Transforms;

public sealed class PrefetcherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void The_next_value_is_made_while_the_last_one_is_used_but_no_more()
    {
        using var begun = new CountdownEvent(2);
        var made = 0;
        using var prefetcher = new Prefetcher<int>(0, 10, (step, _) => Make(step), _ => { });

        prefetcher.Take().Should().Be(0);
        begun.Wait(Patience).Should().BeTrue("value 1 is made though nobody asked for it");
        prefetcher.Take().Should().Be(1);
        Volatile.Read(ref made).Should().BeLessThanOrEqualTo(3);

        int Make(int step)
        {
            Interlocked.Increment(ref made);
            if (!begun.IsSet)
            {
                begun.Signal();
            }

            return step;
        }
    }

    [Fact]
    public void What_was_made_and_not_taken_is_discarded_once()
    {
        var discarded = new List<int>();
        using var second = new ManualResetEventSlim();
        var prefetcher = new Prefetcher<int>(3, 10, (step, _) => Make(step), discarded.Add);
        prefetcher.Take().Should().Be(3);
        second.Wait(Patience).Should().BeTrue();

        prefetcher.Dispose();

        discarded.Should().Equal(4);

        int Make(int step)
        {
            if (step == 4)
            {
                second.Set();
            }

            return step;
        }
    }

    [Fact]
    public void An_error_ends_the_work_and_nothing_is_discarded_for_it()
    {
        var discarded = new List<int>();
        using (var prefetcher = new Prefetcher<int>(0, 10, (step, _) => step == 1 ? throw new NotSupportedException("one") : step, discarded.Add))
        {
            prefetcher.Take().Should().Be(0);
            prefetcher.Invoking(p => p.Take()).Should().Throw<NotSupportedException>().WithMessage("one");
        }

        discarded.Should().BeEmpty();
    }

    [Fact]
    public void All_values_come_in_order()
    {
        using var prefetcher = new Prefetcher<int>(2, 200, (step, _) => step, _ => { });

        Enumerable.Range(2, 198).Select(_ => prefetcher.Take()).Should().Equal(Enumerable.Range(2, 198));
    }

    [Fact]
    public void The_step_at_hand_is_canceled_with_the_work()
    {
        using var begun = new ManualResetEventSlim();
        var prefetcher = new Prefetcher<int>(0, 10, Make, _ => { });
        begun.Wait(Patience).Should().BeTrue();

        prefetcher.Invoking(p => p.Dispose()).ExecutionTime().Should().BeLessThan(Patience);

        int Make(int step, CancellationToken token)
        {
            begun.Set();
            token.WaitHandle.WaitOne(2 * Patience);
            token.ThrowIfCancellationRequested();
            return step;
        }
    }
}
