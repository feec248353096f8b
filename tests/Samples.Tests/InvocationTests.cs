using Cifar10Training.Commands;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>Commands that a user can paste: what a shell makes of them is the argument again.</summary>
[Collection(SampleCollection.Name)]
public sealed class InvocationTests
{
    [LinuxTheory]
    [InlineData("", "nothing is an argument too")]
    [InlineData("runs/cpu-20260101-120000", "nothing special")]
    [InlineData("my runs/first one", "spaces")]
    [InlineData("it's", "the quotation mark itself")]
    [InlineData("$HOME/*/`id`;\\\"&|<>()#~!", "everything that a shell would take for its own")]
    public async Task A_shell_reads_the_argument_as_it_was(string argument, string reason)
    {
        var result = await SampleProcess.RunShellAsync($"printf '<%s>' {Invocation.Quoted(argument)} {Invocation.Quoted("end")}");

        result.Output.Should().Be($"<{argument}><end>", reason);
    }

    [Fact]
    public void An_argument_without_anything_special_stays_as_it_is() =>
        Invocation.Quoted("/a/b-c_1.d:e=f,g").Should().Be("/a/b-c_1.d:e=f,g");
}
