using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

public sealed class HistoryTests
{
    [Fact]
    public void The_csv_has_a_row_for_each_epoch_and_two_columns_for_each_head()
    {
        var history = new History(
        [
            new EpochRecord(1, 0.01, 12.3456, 1234.56, [new("main", 2.25, 0.125), new("aux1", 2.5, 0.1)], [new("main", 2, 0.25), new("aux1", 2.125, 0.2)]),
            new EpochRecord(2, 0.00884736, 7, 99, [new("main", 1, 0.5), new("aux1", 1.0 / 3, 2.0 / 3)], [new("main", 0.5, 1), new("aux1", 1e-9, 0)]),
        ]);

        history.ToCsv().Should().Be(
            "epoch,learning_rate,seconds,train_images_per_second,train_main_loss,train_main_accuracy,train_aux1_loss,train_aux1_accuracy,"
            + "validation_main_loss,validation_main_accuracy,validation_aux1_loss,validation_aux1_accuracy\n"
            + "1,0.01,12.346,1234.6,2.250000,0.125000,2.500000,0.100000,2.000000,0.250000,2.125000,0.200000\n"
            + "2,0.00884736,7.000,99.0,1.000000,0.500000,0.333333,0.666667,0.500000,1.000000,0.000000,0.000000\n");
    }

    [Fact]
    public void Top_k_and_the_runs_own_metrics_have_columns_behind_each_heads_accuracy()
    {
        var history = new History(
        [
            new EpochRecord(1, 0.5, 2, 3, [Measured(1, 0.25, 0.75, 0.125)], [Measured(2, 0.5, 0.875, 0.0625)], [Measured(3, 0.375, 0.625, 0.1875)]),
        ]);

        history.ToCsv().Should().Be(
            "epoch,learning_rate,seconds,train_images_per_second,train_main_loss,train_main_accuracy,train_main_top_k_accuracy,train_main_recall,"
            + "validation_main_loss,validation_main_accuracy,validation_main_top_k_accuracy,validation_main_recall,"
            + "averaged_main_loss,averaged_main_accuracy,averaged_main_top_k_accuracy,averaged_main_recall\n"
            + "1,0.5,2.000,3.0,1.000000,0.250000,0.750000,0.125000,2.000000,0.500000,0.875000,0.062500,3.000000,0.375000,0.625000,0.187500\n");

        static HeadMetrics Measured(double loss, double accuracy, double topK, double recall) => new("main", loss, accuracy, topK, new Dictionary<string, double> { ["recall"] = recall });
    }

    [Fact]
    public void Without_validation_there_are_no_validation_columns() =>
        new History([new EpochRecord(1, 0.5, 1, 2, [new("main", 3, 0.5)], [])]).ToCsv().Should().Be(
            "epoch,learning_rate,seconds,train_images_per_second,train_main_loss,train_main_accuracy\n1,0.5,1.000,2.0,3.000000,0.500000\n");

    [Fact]
    public void Without_epochs_there_is_a_header() =>
        new History([]).ToCsv().Should().Be("epoch,learning_rate,seconds,train_images_per_second\n");

    [Fact]
    public void Every_row_has_as_many_fields_as_the_header_when_validation_begins_later()
    {
        IReadOnlyList<HeadMetrics> main = [new("main", 3, 0.5)];
        var csv = new History([new EpochRecord(1, 0.5, 1, 2, main, []), new EpochRecord(2, 0.5, 1, 2, main, main)]).ToCsv();

        csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Count(c => c == ',')).Distinct().Should().ContainSingle();
    }
}
