using FluentAssertions;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("train --fast", "--epochs", "an unknown option lists those there are")]
    [InlineData("fit", "train, evaluate, predict, export, summary", "an unknown command lists those there are")]
    [InlineData("fit", "Unknown command 'fit'; ", "what is unknown is named for what it is")]
    [InlineData("train fast", "Unknown argument 'fast'; ", "a command takes no further ones")]
    [InlineData("train --lr 0", "--lr is '0'; it must be a number more than 0.", "a rate of nothing")]
    [InlineData("train --recipe warp", "smoke, cpu, gpu, tutorial", "an unknown recipe lists those there are")]
    [InlineData("train --recipe nowhere.json", "nowhere.json", "a recipe file that does not exist")]
    [InlineData("train --epochs 0", "from 1", "a number out of range names the range")]
    [InlineData("train --batch many", "whole number", "not a number")]
    [InlineData("train --limit 50001", "50,000", "more images than there are")]
    [InlineData("train --device tpu", "cpu, cuda or cuda:i", "an unknown device names those known")]
    [InlineData("train --precision fp16", "fp32 or bf16", "a number format that there is not")]
    [InlineData("train --resume", "--out DIR", "nothing to resume from")]
    [InlineData("summary --spec alexnet", "paper, tutorial, torchvision, cifar, cifar-small, cifar-fast", "an unknown spec lists those there are")]
    public async Task Bad_usage_ends_with_one_line_that_says_what_is_allowed_and_exit_code_2(string arguments, string hint, string reason)
    {
        var result = await SampleProcess.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        result.ExitCode.Should().Be(2, reason);
        result.ErrorLines.Should().ContainSingle(reason).Which.Should().StartWith("cifar10: ").And.Contain(hint);
        result.Output.Should().BeEmpty(reason);
    }

    [Fact]
    public async Task Without_arguments_the_help_is_shown_in_80_columns()
    {
        var result = await SampleProcess.RunAsync();

        result.ExitCode.Should().Be(0, result.Errors);
        result.Errors.Should().BeEmpty();
        result.Output.Should().ContainAll("train", "evaluate", "predict", "export", "summary", "doctor");
        result.Output.Split('\n').Should().OnlyContain(line => line.Length <= 80);
    }

    [Fact]
    public async Task A_missing_GPU_is_a_failure_of_the_machine_and_not_of_the_usage()
    {
        if (TorchSharp.torch.cuda.is_available())
        {
            return;
        }

        var result = await SampleProcess.RunAsync("train", "--device", "cuda");

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain("no GPU");
    }

    [Fact]
    public async Task An_output_folder_that_cannot_be_written_is_found_before_anything_else()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["file"], "not a folder");

        var result = await SampleProcess.RunAsync("train", "--recipe", "smoke", "--out", folder["file/run"]);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain(folder["file/run"]).And.Contain("cannot be written");
        result.Output.Should().BeEmpty();
    }

    [Fact]
    public async Task A_data_folder_without_data_fails_with_one_line_and_leaves_no_output_folder()
    {
        using var folder = new TemporaryFolder();

        var result = await SampleProcess.RunAsync("train", "--recipe", "smoke", "--data", folder["nothing"], "--out", folder["run"]);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain(folder["nothing"]);
        Directory.Exists(folder["run"]).Should().BeFalse("nothing was written to it");
    }

    [Fact]
    public async Task Summary_prints_the_table_of_the_spec()
    {
        var result = await SampleProcess.RunAsync("summary", "--spec", GoogLeNetSpec.Tutorial.Name);

        result.ExitCode.Should().Be(0);
        result.Errors.Should().BeEmpty();
        result.Output.Should().Contain("10,334,030", "the tutorial's network has that many parameters").And.Contain("aux2");
    }
}
