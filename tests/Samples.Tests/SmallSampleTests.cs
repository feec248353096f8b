using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Interop;
using Inception.Tests.Data;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>The samples of a few dozen lines, each as a process of its own.</summary>
[Collection(SampleCollection.Name)]
public sealed class SmallSampleTests
{
    [Fact]
    public async Task The_quickstart_shows_its_progress_saves_and_names_what_a_photo_shows()
    {
        using var folder = new TemporaryFolder();
        Draw(folder["photos"], ["disc", "square"], each: 5);
        File.Copy(Directory.GetFiles(folder["photos"], "*", SearchOption.AllDirectories)[0], folder["photo.jpg"]);

        var result = await SampleProcess.RunProgramInAsync(folder.Path, "quickstart");

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines.Where(line => line.StartsWith("epoch ", StringComparison.Ordinal)).Should().HaveCount(10).And.OnlyContain(line => line.Contains(" | "));
        result.OutputLines[^2..].Should().OnlyContain(line => System.Text.RegularExpressions.Regex.IsMatch(line, @"^(disc|square): \d+\.\d ?%$"));
        using var saved = GoogLeNet.Load(folder["photos.safetensors"]);
        saved.ClassNames.Should().Equal("disc", "square");
    }

    [Fact]
    public async Task Custom_heads_learn_and_all_three_are_told_of()
    {
        var result = await SampleProcess.RunProgramAsync("custom-heads", "400", "4");

        result.ExitCode.Should().Be(0, result.Errors);
        var lines = result.OutputLines;
        lines.Should().HaveCount(4).And.OnlyContain(line => line.Contains("main ") && line.Contains("shallow ") && line.Contains("middle "));
        Percentage(lines[^1], "main ").Should().BeGreaterThan(15, "ten classes, and guessing gives 10");
    }

    [Fact]
    public async Task Inception_blocks_learn_in_a_loop_of_ones_own()
    {
        var result = await SampleProcess.RunProgramAsync("inception-blocks", "600", "4");

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines.Should().HaveCount(4);
        Percentage(result.OutputLines[^1], "accuracy ").Should().BeGreaterThan(15, "ten classes, and guessing gives 10");
    }

    [Fact]
    public async Task Fine_tuning_takes_a_saved_network_to_the_classes_of_a_folder()
    {
        using var folder = new TemporaryFolder();
        using (var network = GoogLeNet.Create(10, GoogLeNetSpec.CifarSmall.WithWidth(0.25)))
        {
            network.SaveWeights(folder["saved.safetensors"]);
        }

        Draw(folder["pictures"], ["disc", "square", "triangle"], each: 20);

        var result = await SampleProcess.RunProgramAsync("fine-tune", folder["saved.safetensors"], folder["pictures"], folder["tuned.safetensors"], "3");

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines[0].Should().Be("3 classes (disc, square, triangle), 48 pictures to train on");
        result.OutputLines.Where(line => line.StartsWith("epoch ", StringComparison.Ordinal)).Should().HaveCount(4, "progress of the classifiers' epoch and of three is shown");
        result.OutputLines[^4].Should().StartWith("validation accuracy ").And.Contain(" after 4 epochs");
        foreach (var (line, shape) in result.OutputLines[^3..].Zip(["disc", "square", "triangle"]))
        {
            line.Should().MatchRegex($@"{shape}.\d+\.png: (disc|square|triangle) \(\d+\.\d ?%\)$");
        }

        using var tuned = GoogLeNet.Load(folder["tuned.safetensors"]);
        using var expected = GoogLeNet.Create(3, GoogLeNetSpec.CifarSmall.WithWidth(0.25));
        tuned.Configuration.Should().Be(expected.Configuration);
    }

    [Fact]
    public async Task Fine_tuning_starts_from_a_file_of_torchvision()
    {
        using var folder = new TemporaryFolder();
        var spec = GoogLeNetSpec.TorchVision with { Auxiliaries = [], Blocks = GoogLeNetSpec.TorchVision.Blocks with { Weights = WeightInitializer.HeUniform } };
        using (var network = GoogLeNet.Create(1000, spec))
        {
            network.SaveTorchWeights(folder["imagenet.pth"]);
        }

        Draw(folder["pictures"], ["disc", "square"], each: 5);

        var result = await SampleProcess.RunProgramAsync("fine-tune", folder["imagenet.pth"], folder["pictures"], folder["tuned.safetensors"], "1");

        result.ExitCode.Should().Be(0, result.Errors);
        using var tuned = GoogLeNet.Load(folder["tuned.safetensors"]);
        tuned.ClassNames.Should().Equal("disc", "square");
        var preprocessing = tuned.GetPreprocessing()!;
        (preprocessing.Height, preprocessing.Width).Should().Be((256, 256));
        preprocessing.Transforms.Should().Equal(new CenterCrop(224), new Normalize([127.5, 127.5, 127.5], [127.5, 127.5, 127.5]));
    }

    [Theory]
    [InlineData("usage: fine-tune WEIGHTS FOLDER TARGET [EPOCHS]", "fine-tune")]
    [InlineData("usage: fine-tune WEIGHTS FOLDER TARGET [EPOCHS]", "fine-tune", "weights", "folder", "target", "0")]
    [InlineData("usage: custom-heads [IMAGES [EPOCHS]], whole numbers above 0", "custom-heads", "many")]
    [InlineData("usage: inception-blocks [IMAGES [EPOCHS]], whole numbers above 0", "inception-blocks", "100", "-1")]
    public async Task Bad_usage_is_answered_with_what_the_program_takes(string answer, string program, params string[] arguments)
    {
        var result = await SampleProcess.RunProgramAsync(program, arguments);

        result.ExitCode.Should().Be(2);
        result.ErrorLines.Should().Equal(answer);
    }

    [Fact]
    public async Task Fine_tuning_from_a_file_that_is_not_there_is_one_clear_line()
    {
        using var folder = new TemporaryFolder();

        var result = await SampleProcess.RunProgramAsync("fine-tune", folder["none.safetensors"], folder["pictures"], folder["tuned.safetensors"]);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("fine-tune: ").And.Contain("none.safetensors");
    }

    // A folder of pictures for each class.
    private static void Draw(string folder, string[] classes, int each)
    {
        using var pictures = SyntheticImages.Create(each * 10, seed: 1);
        var (pixels, labels) = (pictures.Images.data<byte>().ToArray(), pictures.Labels.data<long>().ToArray());
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] < classes.Length)
            {
                var own = Directory.CreateDirectory(Path.Combine(folder, classes[labels[i]])).FullName;
                var image = i;
                File.WriteAllBytes(Path.Combine(own, $"{i}.png"), new PngEncoder().Encode(32, 32, (x, y, c) => pixels[(((image * 3) + c) * 32 + y) * 32 + x]));
            }
        }
    }

    private static double Percentage(string line, string before)
    {
        var rest = line[(line.IndexOf(before, StringComparison.Ordinal) + before.Length)..];
        return double.Parse(rest[..rest.IndexOf('%')].Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
