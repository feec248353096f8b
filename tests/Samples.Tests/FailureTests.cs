using Cifar10Training.Commands;
using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;
using Failure = Cifar10Training.Commands.Failure;

namespace Inception.Tests.Samples;

public sealed class FailureTests
{
    public static TheoryData<Exception, int, string> Failures => new()
    {
        { new UsageException("--epochs is '0'."), 2, "cifar10: --epochs is '0'." },
        { new RunException("no GPU here."), 1, "cifar10: no GPU here." },
        { new DatasetException("CIFAR-10 could not be loaded."), 1, "cifar10: CIFAR-10 could not be loaded." },
        { ModelFileException.Of("last.safetensors", "belongs to another model"), 1, "cifar10: last.safetensors belongs to another model." },
        { new ModelFileException("last.safetensors", "the checksum differs"), 1, "cifar10: *last.safetensors*the checksum differs*" },
        { new IOException("No space left on device"), 1, "cifar10: No space left on device" },
        { new TrainingDivergedException("main", 2, 7, 0.5), 1, "cifar10: *'main'*epoch 2*try a lower rate." },
        { new OperationCanceledException(), 130, "cifar10: interrupted." },
        { new InvalidOperationException("first\n   at second"), 1, "cifar10: first*at second (InvalidOperationException; CIFAR10_DEBUG=1 shows where)" },
        { new TypeInitializationException("torch", new DllNotFoundException("libtorch")), 1, "cifar10: libtorch (DllNotFoundException; *" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Whatever_goes_wrong_gives_one_line_and_the_exit_code_of_its_kind(Exception exception, int exitCode, string line)
    {
        using var error = new StringWriter();

        Failure.Report(exception, error).Should().Be(exitCode);

        error.ToString().Should().Match($"{line}{Environment.NewLine}").And.Subject.Count(c => c == '\n').Should().Be(1);
    }

    [Fact]
    public void What_NET_appends_to_argument_errors_is_left_out() =>
        Failure.OneLine(new ArgumentOutOfRangeException("Epochs", 0, "Epochs is 0; it must be at least 1.").Message)
            .Should().Be("Epochs is 0; it must be at least 1.");
}
