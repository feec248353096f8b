using System.Globalization;
using System.Text.RegularExpressions;
using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Interop;
using Inception.Tests.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class PredictTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_five_most_probable_classes_of_each_picture_are_printed_and_a_bad_one_does_not_stop_the_rest()
    {
        var checkpoint = TinyCheckpoint.Train(folder["run"]);
        var wide = Picture("wide.png", width: 60, height: 40);
        var small = Picture("small.png", width: 16, height: 16);
        await File.WriteAllTextAsync(folder["broken.png"], "no picture");

        var result = await SampleProcess.RunAsync("predict", wide, folder["broken.png"], small, "--checkpoint", checkpoint);

        result.ExitCode.Should().Be(1, "one picture could not be read");
        result.ErrorLines.Should().ContainSingle().Which.Should().StartWith("cifar10: ").And.Contain("broken.png");
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(12);
        (lines[0], lines[6]).Should().Be((wide, small));
        Probabilities(lines[1..6]).Should().BeInDescendingOrder().And.OnlyContain(p => p > 0 && p <= 100);
        lines[1..6].Select(line => line[12..]).Should().OnlyHaveUniqueItems().And.BeSubsetOf(Cifar10.ClassNames);
        lines[1].Should().Be(Best(checkpoint, wide));
    }

    [Fact]
    public async Task Several_checkpoints_predict_the_mean_of_what_each_says_alone()
    {
        string[] checkpoints = [TinyCheckpoint.Train(folder["a"], seed: 1), TinyCheckpoint.Train(folder["b"], seed: 2)];
        var picture = Picture("wide.png", width: 60, height: 40);
        double[] first = ProbabilitiesOf(checkpoints[0], picture), second = ProbabilitiesOf(checkpoints[1], picture);

        var result = await SampleProcess.RunAsync("predict", picture, "--checkpoint", checkpoints[0], "--checkpoint", checkpoints[1]);

        result.ExitCode.Should().Be(0, result.Errors);
        var mean = first.Zip(second, (a, b) => 50 * (a + b)).OrderDescending().Take(5).ToList();
        Probabilities(result.OutputLines[1..]).Zip(mean, (found, expected) => Math.Abs(found - expected)).Should().HaveCount(5).And.OnlyContain(error => error < 0.006);
        mean.Zip(first.OrderDescending(), (both, one) => Math.Abs(both - (100 * one))).Max().Should().BeGreaterThan(0.1, "the networks differ");
    }

    [Fact]
    public async Task A_runs_folder_stands_for_its_best_checkpoint_and_names_come_from_the_file_without_what_a_terminal_would_obey()
    {
        var checkpoint = TinyCheckpoint.Draw(folder.Path, classes: 3);
        using (var network = GoogLeNet.Load(checkpoint))
        {
            network.ClassNames = ["rose", "tu\e[31mlip", "li\nly"];
            network.SaveWeights(folder["best.safetensors"]);
        }

        var result = await SampleProcess.RunAsync("predict", Picture("a.png", 32, 32), "--checkpoint", folder.Path);

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines[1..].Select(line => line[12..]).Should().BeEquivalentTo("rose", "tu?[31mlip", "li?ly");
    }

    [Fact]
    public async Task Of_another_number_of_classes_than_CIFAR_10s_the_numbers_are_named()
    {
        var result = await SampleProcess.RunAsync("predict", Picture("a.png", 32, 32), "--checkpoint", TinyCheckpoint.Draw(folder.Path, classes: 3));

        result.ExitCode.Should().Be(0, result.Errors);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[1..].Select(line => line[12..]).Should().BeEquivalentTo("class 0", "class 1", "class 2");
        Probabilities(lines[1..]).Sum().Should().BeApproximately(100, 0.02);
    }

    [Fact]
    public async Task Of_torchvisions_state_dict_the_pictures_are_prepared_and_the_classes_named_as_of_its_own_weights()
    {
        using (var network = GoogLeNet.Create(1000, GoogLeNetSpec.TorchVision with { Auxiliaries = [] }, seed: 1))
        {
            network.SaveTorchWeights(folder["googlenet.pth"]);
        }

        var picture = Picture("wide.png", width: 60, height: 40);
        using var pretrained = GoogLeNet.CreatePretrained(folder["googlenet.pth"]);
        using var predictor = new Predictor(pretrained);

        var result = await SampleProcess.RunAsync("predict", picture, "--checkpoint", folder["googlenet.pth"]);

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines[1..].Select(line => line[12..]).Should().Equal(predictor.Classify(picture, top: 5).Select(prediction => prediction.ClassName));
        result.OutputLines[1][12..].Should().NotStartWith("class ");
    }

    [Fact]
    public async Task Another_networks_pth_is_refused_in_one_line()
    {
        using (var network = GoogLeNet.Load(TinyCheckpoint.Draw(folder.Path, classes: 3)))
        {
            network.SaveTorchWeights(folder["tiny.pth"]);
        }

        var result = await SampleProcess.RunAsync("predict", Picture("a.png", 32, 32), "--checkpoint", folder["tiny.pth"]);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain("tiny.pth: it is not of torchvision's googlenet");
    }

    [Theory]
    [InlineData("predict a.png", "--checkpoint", "no checkpoint")]
    [InlineData("predict --checkpoint x", "predict", "no picture")]
    [InlineData("predict a.png --fast --checkpoint x", "Unknown option '--fast'; the options of predict are --checkpoint, --device.", "an unknown option")]
    [InlineData("predict a.png --checkpoint nowhere.safetensors", "There is no checkpoint nowhere.safetensors.", "a file that does not exist")]
    public async Task Bad_usage_ends_with_one_line_and_exit_code_2(string arguments, string hint, string reason)
    {
        var result = await SampleProcess.RunAsync(arguments.Split(' '));

        result.ExitCode.Should().Be(2, reason);
        result.ErrorLines.Should().ContainSingle(reason).Which.Should().StartWith("cifar10: ").And.Contain(hint);
        result.Output.Should().BeEmpty(reason);
    }

    // What the library itself predicts for a picture.
    private static double[] ProbabilitiesOf(string checkpoint, string picture)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Load(checkpoint);
        return new Predictor(model).Predict(ImageFile.Read(picture, 32).unsqueeze(0)).data<double>().ToArray();
    }

    // The first line that it would print.
    private static string Best(string checkpoint, string picture)
    {
        var probabilities = ProbabilitiesOf(checkpoint, picture);
        var best = Array.IndexOf(probabilities, probabilities.Max());
        return string.Create(CultureInfo.InvariantCulture, $"  {100 * probabilities[best],6:F2} %  {Cifar10.ClassNames[best]}");
    }

    private static IEnumerable<double> Probabilities(IEnumerable<string> lines) =>
        lines.Select(line => double.Parse(Regex.Match(line, @"^ +([\d.]+) %  ").Groups[1].Value, CultureInfo.InvariantCulture));

    private string Picture(string name, int width, int height)
    {
        File.WriteAllBytes(folder[name], new PngEncoder().Encode(width, height, (x, y, c) => (byte)(((((y * width) + x) * 3) + c) * 7 % 251)));
        return folder[name];
    }
}
