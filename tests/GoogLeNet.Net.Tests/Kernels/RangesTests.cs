using System.Collections.Concurrent;
using FluentAssertions;
using Inception.Kernels;
using Xunit;

namespace Inception.Tests.Kernels;

/// <summary>Work split among threads.</summary>
[Collection(TorchCollection.Name)]
public sealed class RangesTests
{
    [Theory]
    [InlineData(1, 1, "one item")]
    [InlineData(7, 3, "ranges of different lengths")]
    [InlineData(16, 16, "a range for each item")]
    public void Every_item_is_taken_once(int items, int count, string reason)
    {
        var taken = new ConcurrentBag<int>();

        Ranges.Split(items, count, (_, start, end) => Enumerable.Range(start, end - start).ToList().ForEach(taken.Add));

        taken.Should().BeEquivalentTo(Enumerable.Range(0, items), reason);
    }

    [Fact]
    public void What_one_call_throws_comes_out_after_all_have_ended()
    {
        var ended = 0;
        var split = () => Ranges.Split(8, 8, (range, _, _) =>
        {
            Interlocked.Increment(ref ended);
            if (range == 5)
            {
                throw new OutOfMemoryException("range 5");
            }
        });

        split.Should().Throw<OutOfMemoryException>().WithMessage("range 5");
        ended.Should().Be(8);
    }
}
