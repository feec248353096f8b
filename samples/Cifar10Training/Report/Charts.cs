using Inception.Training;

namespace Cifar10Training.Report;

/// <summary>The charts of a run.</summary>
internal static class Charts
{
    private const int MostMarkers = 40;

    /// <summary>Accuracy of every head in percent, training dashed, test solid.</summary>
    public static Chart Accuracy(RunReport report) => OfHeads(report, "Accuracy", " %", head => 100 * head.Accuracy);

    /// <summary>Loss of every head, training dashed, test solid.</summary>
    public static Chart Loss(RunReport report) => OfHeads(report, "Loss (cross entropy, nats)", "", head => head.Loss);

    /// <summary>The learning rate of every step, as the schedule gives it.</summary>
    public static Chart LearningRate(RunReport report)
    {
        var trainer = report.Config.Recipe.Trainer;
        var steps = (int)((report.TrainImages + trainer.BatchSize - 1) / trainer.BatchSize);
        var total = (long)steps * trainer.Epochs;
        var count = (int)Math.Min(total, 500);
        var points = Enumerable.Range(0, count).Select(i => i * (total - 1) / Math.Max(1, count - 1))
            .Select(step => (step / (double)steps, RateAt(report, new TrainingPosition((int)(step / steps), (int)(step % steps), steps, trainer.Epochs))));
        return new Chart("Learning rate", trainer.Epochs, "", [new Series(0, Dashed: false, Marked: false, [.. points])]);
    }

    private static double RateAt(RunReport report, TrainingPosition position) => report.Config.Recipe.Trainer.Schedule is IHistorySchedule schedule
        ? schedule.At(position, report.History.Epochs)
        : report.Config.Recipe.Trainer.Schedule.At(position);

    private static Chart OfHeads(RunReport report, string title, string suffix, Func<HeadMetrics, double> value)
    {
        var epochs = report.History.Epochs;
        Series Curve(int head, bool dashed, Func<EpochRecord, IReadOnlyList<HeadMetrics>> set) => new(
            head, dashed, epochs.Count <= MostMarkers, [.. epochs.Where(epoch => set(epoch).Count > head).Select(epoch => ((double)epoch.Epoch, value(set(epoch)[head])))]);
        var heads = Enumerable.Range(0, report.Heads.Count).Reverse().ToList();
        return new Chart(title, report.Config.Recipe.Trainer.Epochs, suffix,
        [
            .. heads.Select(head => Curve(head, dashed: true, epoch => epoch.Train)),
            .. heads.Select(head => Curve(head, dashed: false, epoch => epoch.Validation)),
        ]);
    }
}
