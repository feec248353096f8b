using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cifar10Training.Evaluation;
using Cifar10Training.Report;
using FluentAssertions;
using Inception.Evaluation;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class EvaluateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("evaluate", "--checkpoint", "no checkpoint")]
    [InlineData("evaluate --checkpoint nowhere.safetensors", "There is no checkpoint nowhere.safetensors.", "a file that does not exist")]
    [InlineData("evaluate --checkpoint x --tta mirror", "none, flip, crops, ten or paper", "unknown views")]
    [InlineData("evaluate --checkpoint x --limit 0", "from 1 to 10,000", "no images")]
    [InlineData("evaluate --checkpoint x --json nowhere/figures.json", "no such folder", "a file that could not be written at the end")]
    [InlineData("evaluate --checkpoint x --epochs 3", "--tta", "an option of another command")]
    public async Task Bad_usage_ends_with_one_line_and_exit_code_2(string arguments, string hint, string reason)
    {
        var result = await SampleProcess.RunAsync(arguments.Split(' '));

        result.ExitCode.Should().Be(2, reason);
        result.ErrorLines.Should().ContainSingle(reason).Which.Should().StartWith("cifar10: ").And.Contain(hint);
        result.Output.Should().BeEmpty(reason);
    }

    [Fact]
    public async Task A_file_that_is_no_checkpoint_ends_with_one_line_and_exit_code_1()
    {
        await File.WriteAllTextAsync(folder["broken.safetensors"], "not a checkpoint");

        var result = await SampleProcess.RunAsync("evaluate", "--checkpoint", folder["broken.safetensors"]);

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain("broken.safetensors").And.NotContain("Exception");
    }

    [Fact]
    public async Task A_network_with_other_classes_is_refused()
    {
        var result = await SampleProcess.RunAsync("evaluate", "--checkpoint", TinyCheckpoint.Draw(folder.Path, classes: 3));

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().HaveCount(2);
        result.ErrorLines[0].Should().Contain("lacks class names and preprocessing");
        result.ErrorLines[1].Should().Contain("tells 3 classes apart; CIFAR-10 has 10.");
    }

    [Fact]
    [Trait("Category", "RealData")]
    public async Task An_ensemble_is_evaluated_on_views_of_the_test_images_and_all_figures_agree()
    {
        string first = TinyCheckpoint.Train(folder["a"], seed: 1), second = TinyCheckpoint.Train(folder["b"], seed: 2);

        var result = await SampleProcess.RunAsync(
            "evaluate", "--checkpoint", first, "--checkpoint", second, "--tta", "crops", "--limit", "100", "--top", "3", "--json", folder["figures.json"]);

        result.ExitCode.Should().Be(0, result.Errors);
        result.Errors.Should().BeEmpty();
        var json = JsonNode.Parse(await File.ReadAllTextAsync(folder["figures.json"]))!;
        json["checkpoints"]!.AsArray().Select(node => (string)node!).Should().Equal(first, second);
        ((string)json["tta"]!).Should().Be("crops");
        var figures = json["result"]!;
        ((int)figures["images"]!).Should().Be(100);
        figures["confusion"]!["counts"]!.AsArray().Select(row => row!.AsArray().Sum(count => (int)count!)).Should().AllBeEquivalentTo(10, "all classes alike");
        figures["mistakes"]!.AsArray().Should().HaveCount(3);
        result.Output.Should().Contain("tiny + tiny on ").And.Contain("views crops, 100 test images").And.Contain("Most confident mistakes");
        PercentAfter("Accuracy", result.Output).Should().BeApproximately(100 * (double)figures["accuracy"]!, 0.005);
        PercentAfter("Top 5", result.Output).Should().BeApproximately(100 * (double)figures["topKAccuracy"]!, 0.005);
        PercentAfter("Calibration", result.Output).Should().BeApproximately(100 * (double)figures["calibration"]!["expectedError"]!, 0.005);
    }

    [Fact]
    public void The_table_shows_every_figure_aligned()
    {
        var result = Result(new ConfusionMatrix(["frog", "automobile"], [[8, 2], [3, 7]]));

        EvaluationTable.Lines(result).Should().Equal(
            "Accuracy      75.00 %  (15 of 20 images)",
            "Top 2        100.00 %",
            "Loss         0.5000",
            "Calibration    1.23 %  (expected calibration error, 1 bins)",
            "Speed        40 images/s",
            "",
            "Class       Precision    Recall        F1   Images",
            "frog          72.73 %   80.00 %   76.19 %       10",
            "automobile    77.78 %   70.00 %   73.68 %       10",
            "",
            "Rows are true classes, columns predicted ones.",
            "            frog autom",
            "frog           8     2",
            "automobile     3     7",
            "",
            "Most confident mistakes: index among these images, true class, prediction.",
            "     17  frog        automobile   99.50 %");
    }

    [Fact]
    public void Of_many_classes_the_worst_are_shown_and_what_they_are_taken_for()
    {
        // Each class has as many images as its number, of which a third is taken for the class before it; class 0 has none.
        var names = Enumerable.Range(0, 21).Select(k => $"<{k}>").ToImmutableArray();
        ImmutableArray<ImmutableArray<long>> counts = [.. names.Select((_, k) => names.Select((_, j) => j == k ? k - (k / 3) : j == k - 1 ? (long)(k / 3) : 0).ToImmutableArray())];
        var result = Result(new ConfusionMatrix(names, counts));

        var lines = EvaluationTable.Lines(result).ToList();
        var page = EvaluationSection.Write(result, []);

        lines.Should().Contain("Lowest recall of 21 classes; --json has all.").And.Contain("Most frequent mistakes: images, true class, prediction.").And.NotContain("Rows are true classes, columns predicted ones.");
        lines.Should().Contain("      6  <18>   <17>").And.NotContain(line => line.StartsWith("<0>", StringComparison.Ordinal)).And.HaveCount(51);
        page.Should().Contain("<tr><th scope=\"row\">&lt;18&gt;</th><td>&lt;17&gt;</td><td>6</td></tr>").And.Contain("Of 21 classes").And.NotContain("Confusion matrix");
    }

    [Theory]
    [InlineData("none", 32, 32, 1, "the image")]
    [InlineData(null, 32, 224, 1, "the default")]
    [InlineData("flip", 32, 32, 2, "and its mirror image")]
    [InlineData("crops", 32, 32, 6, "translations where the network sees the image pixel for pixel")]
    [InlineData("crops", 32, 8, 6, "or shrinks it")]
    [InlineData("crops", 32, 224, 10, "AlexNet's crops where it enlarges")]
    public void The_option_tta_names_views(string? name, int image, int size, int views, string reason) =>
        TestTimeViews.Find(name).Create(image, image, size).Should().HaveCount(views, reason);

    private static EvaluationResult Result(ConfusionMatrix confusion) => new()
    {
        Images = 20,
        Accuracy = 0.75,
        TopK = 2,
        TopKAccuracy = 1,
        Loss = 0.5,
        Confusion = confusion,
        Calibration = new Calibration(0.0123, [new(0, 1, 20, 0.7, 0.75)]),
        Mistakes = [new Mistake(17, 0, 1, 0.995)],
        Seconds = 0.5,
    };

    private static double PercentAfter(string label, string output) =>
        double.Parse(Regex.Match(output, $@"^{label} +([\d.]+) %", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);
}
