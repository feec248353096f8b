using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

[Collection(TorchCollection.Name)]
public sealed class ConsoleProgressTests
{
    [Fact]
    public void An_epoch_has_a_line_for_every_head_on_training_and_validation_images()
    {
        var record = new EpochRecord(
            2, 0.05, 171.4, 300, [new("main", 1.5, 0.451), new("aux1", 1.75, 0.4)], [new("main", 1.25, 0.5625), new("aux1", 1.5, 1)]);
        using var writer = new StringWriter();

        new ConsoleProgress(writer).Observe(new EpochEvent(record, 4, new History([record]))).Should().Be(TrainingRequests.None);

        writer.ToString().Should().Be(
            $"epoch 2/4  main   45.10 % |  56.25 %  loss 1.500 | 1.250  171 s{Environment.NewLine}"
            + $"           aux1   40.00 % | 100.00 %  loss 1.750 | 1.500{Environment.NewLine}");
    }

    [Fact]
    public void Without_validation_the_training_images_stand_alone()
    {
        var record = new EpochRecord(1, 0.05, 3, 300, [new("main", 1.5, 0.451)], []);
        var lines = new List<string>();

        new ConsoleProgress(lines.Add).Observe(new EpochEvent(record, 2, new History([record])));

        lines.Should().Equal("epoch 1/2  main   45.10 %  loss 1.500  3 s");
    }

    [Fact]
    public void A_step_is_shown_after_two_seconds_in_80_columns_and_then_for_each_tenth()
    {
        var lines = new List<string>();
        var progress = new ConsoleProgress(lines.Add);
        StepEvent Step(int step) => new(1, 3, step, 20_000, 0.1, 1234.5, TimeSpan.FromSeconds(90_061)) { Metrics = [new("main", 12.3456, 0.5)], IsReportDue = true };

        progress.Observe(Step(1));
        lines.Should().BeEmpty("two seconds have not passed");
        Thread.Sleep(2_100);
        progress.Observe(Step(10) with { IsReportDue = false });
        lines.Should().BeEmpty("reading the metrics would wait for the device");
        progress.Observe(Step(10_002));
        progress.Observe(Step(10_003));

        lines.Should().Equal("  epoch 1/3 step 10002/20000  loss 12.346  acc 50.0 %  1234 img/s  25:01:01 left");
        lines[0].Length.Should().BeLessThanOrEqualTo(80);
    }

    [Fact]
    public void Callbacks_compose()
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(12, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        using var writer = new StringWriter();
        using var board = new TensorBoardLog(folder.Path);
        var csv = Path.Combine(folder.Path, "history.csv");
        var options = new TrainerOptions { Epochs = 2, BatchSize = 4, Callbacks = [new ConsoleProgress(writer, showSteps: false), board, new CsvLog(csv)] };

        var history = new MultiHeadTrainer(model, options).Fit(data, data);

        writer.ToString().Split(Environment.NewLine).Should().HaveCount(7, "three heads, two epochs, and what follows the last line's end");
        File.ReadAllText(csv).Should().Be(history.ToCsv());
        new FileInfo(board.Path).Length.Should().BePositive();
    }
}
