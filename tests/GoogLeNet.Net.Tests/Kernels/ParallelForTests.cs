using System.Collections.Concurrent;
using FluentAssertions;
using Inception.Kernels;
using Xunit;

namespace Inception.Tests.Kernels;

/// <summary>Work split among threads.</summary>
[Collection(TorchCollection.Name)]
public sealed class ParallelForTests
{
    [Theory]
    [InlineData(1, 1, "one item")]
    [InlineData(7, 3, "ranges of different lengths")]
    [InlineData(16, 16, "a range for each item")]
    public void Every_item_is_taken_once(int items, int count, string reason)
    {
        var taken = new ConcurrentBag<int>();

        ParallelFor.Run(2, ParallelWork.OverRanges(items, count, (_, start, end) => Enumerable.Range(start, end - start).ToList().ForEach(taken.Add)));

        taken.Should().BeEquivalentTo(Enumerable.Range(0, items), reason);
    }

    [Fact]
    public void No_more_threads_than_allowed_work_on_it_though_others_are_idle()
    {
        // Each range waits a while for a third thread to come; workers for it are there.
        ParallelFor.Run(4, new ParallelWork(8, _ => Thread.Sleep(1)));
        var threads = new ConcurrentDictionary<int, bool>();
        using var third = new ManualResetEventSlim();

        ParallelFor.Run(2, new ParallelWork(6, _ =>
        {
            threads[Environment.CurrentManagedThreadId] = true;
            if (threads.Count > 2)
            {
                third.Set();
            }

            third.Wait(TimeSpan.FromMilliseconds(300));
        }));

        threads.Count.Should().BeLessThanOrEqualTo(2);
    }

    [Fact]
    public void What_one_call_throws_comes_out_after_all_have_ended()
    {
        var ended = 0;
        var loop = () => ParallelFor.Run(2, new ParallelWork(8, range =>
        {
            Interlocked.Increment(ref ended);
            if (range == 5)
            {
                throw new InvalidDataException("range 5");
            }
        }));

        loop.Should().Throw<InvalidDataException>().WithMessage("range 5");
        ended.Should().Be(8);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 4)]
    [InlineData(2, 20)]
    public void Calls_together_take_each_of_their_ranges_once_however_fast_they_follow(int threads, int callers)
    {
        const int Rounds = 500;
        var counts = new int[callers, 3, 5];
        void Call(int caller)
        {
            for (var round = 0; round < Rounds; round++)
            {
                ParallelWork Of(int call, int ranges) => new(ranges, range => Interlocked.Increment(ref counts[caller, call, range]));
                ParallelFor.Run(threads, Of(0, 1), Of(1, 5));
                ParallelFor.Run(threads, Of(2, 3));
                counts.Cast<int>().Skip(caller * 15).Take(15).Should().Equal(
                    [round + 1, 0, 0, 0, 0, round + 1, round + 1, round + 1, round + 1, round + 1, round + 1, round + 1, round + 1, 0, 0]);
            }
        }

        Parallel.For(0, callers, new ParallelOptions { MaxDegreeOfParallelism = callers }, Call);
    }

    [Fact]
    public void What_a_call_throws_comes_out_of_those_that_follow_no_more()
    {
        var fails = () => ParallelFor.Run(2, new ParallelWork(4, _ => { }), new ParallelWork(4, range => throw new InvalidDataException($"range {range}")));
        fails.Should().Throw<InvalidDataException>();
        ParallelFor.Run(2, new ParallelWork(4, _ => { }));
    }
}
