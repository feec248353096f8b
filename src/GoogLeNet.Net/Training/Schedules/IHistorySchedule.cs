namespace Inception.Training;

/// <summary>
/// A schedule that also looks at how the finished epochs went: a pure function of them, so that a resumed run, whose checkpoint holds them, goes on
/// as if it had never stopped.
/// </summary>
public interface IHistorySchedule : ILearningRateSchedule
{
    /// <summary>The learning rate of the step at <paramref name="position"/>; finite, 0 or more.</summary>
    /// <param name="position">The step.</param>
    /// <param name="history">The epochs of the run in order, at least those before the position's; later ones do not matter.</param>
    double At(TrainingPosition position, IReadOnlyList<EpochRecord> history);
}

/// <summary>One call for schedules that look at the history and those that do not.</summary>
internal static class HistoryScheduleExtensions
{
    public static double RateAt(this ILearningRateSchedule schedule, TrainingPosition position, IReadOnlyList<EpochRecord> history) =>
        schedule is IHistorySchedule historian ? historian.At(position, history) : schedule.At(position);
}
