using System.Runtime.InteropServices;
using Cifar10Training.Commands;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>What Ctrl-C and SIGTERM do to the sample, without sending them to this process.</summary>
public sealed class SecondSignalTests
{
    [Theory]
    [InlineData(PosixSignal.SIGINT, PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM, PosixSignal.SIGINT)]
    public void The_first_signal_cancels_the_run_and_the_second_is_left_to_the_system_which_ends_the_process(PosixSignal first, PosixSignal second)
    {
        using var interruption = new Interruption();
        interruption.Token.IsCancellationRequested.Should().BeFalse();

        IsKeptFromTheSystem(first).Should().BeTrue("the run writes its checkpoint");

        interruption.Token.IsCancellationRequested.Should().BeTrue();
        IsKeptFromTheSystem(second).Should().BeFalse("a run that does not end by itself is ended");

        bool IsKeptFromTheSystem(PosixSignal signal)
        {
            var context = new PosixSignalContext(signal);
            interruption.OnSignal(context);
            return context.Cancel;
        }
    }
}
