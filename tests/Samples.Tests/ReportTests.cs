using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Cifar10Training.Report;
using Cifar10Training.Runs;
using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Training;
using TorchSharp;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class ReportTests
{
    [Fact]
    public void The_report_needs_nothing_from_elsewhere()
    {
        var html = HtmlReport.Write(Report(epochs: 2));

        html.Should().NotContainAny("http:", "https:", "<script", "src=", "href=", "url(", "@import", "//cdn");
    }

    [Fact]
    public void A_finished_runs_report_shows_the_confusion_matrix_and_the_mistakes_as_pictures_inside_the_file()
    {
        using var images = TinyRun.Images(3);
        var result = JsonSerializer.Deserialize<EvaluationResult>(
            """
            {
              "images": 3, "accuracy": 0.333, "topK": 2, "topKAccuracy": 0.667, "loss": 1, "seconds": 1,
              "confusion": { "classNames": ["dark", "grey", "bright"], "counts": [[1, 0, 0], [0, 0, 1], [0, 1, 0]] },
              "calibration": { "expectedError": 0.1234, "bins": [] },
              "mistakes": [{ "index": 2, "actual": 2, "predicted": 1, "confidence": 0.9876 }]
            }
            """, SpecJson.Options)!;

        var html = HtmlReport.Write(Report(epochs: 2) with { Evaluation = result, Mistakes = MistakePicture.Of(result, images) });

        html.Should().Contain("<td class=\"miss\" style=\"--share:100%\">1</td>").And.Contain("taken for grey<br>98.8 % sure");
        html.Should().NotContainAny("http:", "https:", "<script", "href=", "url(", "@import");
        var source = Regex.Matches(html, "src=\"data:image/bmp;base64,([^\"]+)\"").Should().ContainSingle().Which.Groups[1].Value;
        Regex.Count(html, "src=").Should().Be(1);

        // Decoded by the library's own reader, the picture is the image.
        using var scope = torch.NewDisposeScope();
        ImageFile.Decode(Convert.FromBase64String(source), "picture").bytes.ToArray().Should().Equal(images.Images.select(0, 2).contiguous().bytes.ToArray());
    }

    [Fact]
    public void The_report_shows_a_training_and_a_test_curve_for_each_head_in_accuracy_and_loss_and_the_learning_rate()
    {
        var html = HtmlReport.Write(Report(epochs: 2));

        Regex.Count(html, "<polyline").Should().Be((2 * 2 * 2) + 1);
    }

    [Theory]
    [InlineData(0, "before the first epoch")]
    [InlineData(1, "one point a curve")]
    [InlineData(2, "in the middle")]
    public void The_curves_are_well_formed_at_any_time_of_a_run(int epochs, string reason)
    {
        var svg = XDocument.Parse(CurveFigure.Write(Report(epochs)));

        svg.Root!.Name.LocalName.Should().Be("svg", reason);
        svg.ToString().Should().NotContainAny("NaN", "∞", "Infinity");
    }

    [Fact]
    public void Names_from_a_recipe_cannot_break_the_report()
    {
        var report = Report(epochs: 1);
        report = report with { Config = report.Config with { Recipe = report.Config.Recipe with { Name = "<b>&\"" } } };

        HtmlReport.Write(report).Should().NotContain("<b>").And.Contain("&lt;b&gt;&amp;");
    }

    [Fact]
    public void The_report_names_a_setting_with_words_and_its_value()
    {
        var report = Report(epochs: 1);
        var trainer = report.Config.Recipe.Trainer with { Schedule = new Triangular(peak: 0.1, peakAt: 0.3, start: 0.05, end: 0.01) };

        HtmlReport.Write(report with { Config = report.Config with { Recipe = report.Config.Recipe with { Trainer = trainer } } })
            .Should().Contain("triangular (peak 0.1, peak at 0.3, start 0.05, end 0.01)");
    }

    [Fact]
    public void An_unfinished_runs_report_says_how_many_of_its_epochs_are_done() =>
        HtmlReport.Write(Report(epochs: 2)).Should().Contain("unfinished: 2 of 3 epochs");

    [Fact]
    public void Rows_of_the_confusion_matrix_are_the_true_classes()
    {
        var result = new EvaluationResult
        {
            Images = 10,
            Accuracy = 0.8,
            TopK = 1,
            TopKAccuracy = 0.8,
            Loss = 1,
            Confusion = new ConfusionMatrix(["dark", "bright"], [[3, 2], [0, 5]]),
            Calibration = new Calibration(0, []),
            Mistakes = [],
            Seconds = 1,
        };

        var html = HtmlReport.Write(Report(epochs: 2) with { Evaluation = result, Mistakes = [] });

        var rows = Regex.Matches(html, "<tr><th scope=\"row\">(\\w+)</th>(.*?)</tr>").ToDictionary(row => row.Groups[1].Value, row => Regex.Matches(row.Groups[2].Value, "<td[^>]*>([^<]*)</td>").Select(cell => cell.Groups[1].Value));
        rows["dark"].Should().Equal("3", "2", "60.0 %", "100.0 %");
        rows["bright"].Should().Equal("0", "5", "100.0 %", "71.4 %");
    }

    [Fact]
    public void Lines_of_a_charts_grid_are_level_and_beside_their_numbers()
    {
        var svg = XDocument.Parse(CurveFigure.Write(Report(epochs: 2)));

        var shapes = svg.Descendants().ToList();
        var lines = shapes.Where(shape => (string?)shape.Attribute("class") == "grid").ToList();
        lines.Should().HaveCountGreaterThan(3);
        foreach (var line in lines)
        {
            var number = shapes[shapes.IndexOf(line) + 1];
            ((double)line.Attribute("y1")!).Should().Be((double)line.Attribute("y2")!);
            ((double)number.Attribute("y")!).Should().BeApproximately((double)line.Attribute("y1")! + 4, 0.11, "four pixels below, so that the middle of the digits is on the line");
            ((double)line.Attribute("x2")!).Should().BeGreaterThan((double)line.Attribute("x1")!);
        }
    }

    [Fact]
    public void The_curve_of_the_learning_rate_is_the_schedules()
    {
        var chart = Charts.LearningRate(Report(epochs: 0));

        // Triangular(0.1) over three epochs of 40 steps: starts at 0.02, peaks at 0.1 after a fifth of the run, ends close to 0.
        var points = chart.Series.Single().Points;
        points[0].X.Should().Be(0);
        points[0].Y.Should().BeApproximately(0.02, 1e-9);
        points.MaxBy(point => point.Y).X.Should().BeApproximately(0.6, 0.01);
        points.Max(point => point.Y).Should().BeApproximately(0.1, 1e-9);
        points[^1].Y.Should().BeLessThan(0.0015);
    }

    [Theory]
    [InlineData(0.1834, 0.3712, 0.15, 0.4, 0.05)]
    [InlineData(0.0, 1.0, 0.0, 1.0, 0.2)]
    [InlineData(55.2, 91.7, 50, 100, 10)]
    public void An_axis_begins_and_ends_at_round_numbers_around_its_values(double low, double high, double from, double to, double step)
    {
        var axis = Axis.Around([low, high]);

        axis.From.Should().BeApproximately(from, 1e-9);
        axis.To.Should().BeApproximately(to, 1e-9);
        axis.Step.Should().BeApproximately(step, 1e-9);
    }

    [Fact]
    public void An_axis_of_one_value_has_room_around_it()
    {
        var axis = Axis.Around([0.3]);

        axis.From.Should().BeLessThan(0.3);
        axis.To.Should().BeGreaterThan(0.3);
    }

    private static RunReport Report(int epochs)
    {
        var machine = new MachineFacts("2", "1", "10", "Linux", "processor", 2, 2, "1");
        var config = new RunConfig(TinyRun.Recipe, "cpu", null, DateTimeOffset.UnixEpoch, machine);
        HeadMetrics[] Heads(double accuracy) => [new("main", 2 - accuracy, accuracy), new("aux1", 2.1 - accuracy, accuracy - 0.05)];
        var history = new History([.. Enumerable.Range(1, epochs).Select(i => new EpochRecord(i, 0.05, 10, 100, Heads(0.2 * i), Heads(0.25 * i)))]);
        return new RunReport(config, history, TrainImages: 480, Metrics: null);
    }
}
