using System.Collections.Concurrent;
using FluentAssertions;
using Inception.Tests.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class PartThreadsTests
{
    [Fact]
    public void Each_part_is_computed_once_and_alone()
    {
        var numbers = new ConcurrentBag<int>();
        var taken = new ConcurrentBag<int>();

        var ran = Threads.On(3, () => PartThreads.Run(10, part =>
        {
            taken.Add(part);
            numbers.Add(get_num_threads());
        }));

        ran.Should().BeTrue();
        taken.Should().BeEquivalentTo(Enumerable.Range(0, 10));
        numbers.Should().OnlyContain(number => number == 1);
    }

    [Fact]
    public void Other_threads_keep_their_number()
    {
        var (own, others) = (0, 0);
        Threads.On(4, () =>
        {
            PartThreads.Run(4, _ => { });
            own = get_num_threads();
            var other = new Thread(() => others = get_num_threads());
            other.Start();
            other.Join();
            return own;
        });

        (own, others).Should().Be((4, 4));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Parts_have_no_gradients_and_the_callers_mode(bool inference)
    {
        using var mode = inference ? inference_mode() : no_grad();
        var modes = new ConcurrentBag<(bool Inference, bool Gradients)>();

        Threads.On(2, () => PartThreads.Run(4, _ => modes.Add((is_inference_mode_enabled(), is_grad_enabled()))));

        modes.Should().Equal(Enumerable.Repeat((inference, false), 4));
    }

    [Fact]
    public void An_exception_comes_to_the_caller_and_the_threads_go_on()
    {
        var act = () => Threads.On(2, () => PartThreads.Run(5, part => throw new InvalidOperationException("part")));
        act.Should().Throw<InvalidOperationException>().WithMessage("part");

        var count = 0;
        Threads.On(2, () => PartThreads.Run(5, _ => Interlocked.Increment(ref count)));
        count.Should().Be(5);
    }
}
