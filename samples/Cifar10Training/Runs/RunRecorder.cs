using Cifar10Training.Report;
using Inception.Training;

namespace Cifar10Training.Runs;

/// <summary>Keeps a run's text files up to date: configuration at the start, history and report after every epoch, metrics at the end.</summary>
internal sealed class RunRecorder(RunConfig config, RunFolder folder, long trainImages, IReadOnlyList<EpochRecord> earlier) : IProgress<TrainingEvent>
{
    private readonly List<EpochRecord> epochs = [.. earlier];

    public void Begin()
    {
        TextFile.Replace(folder.Config, config.ToJson());
        Write(metrics: null);
    }

    public void Report(TrainingEvent value)
    {
        if (value is EpochEvent epoch)
        {
            epochs.Add(epoch.Record);
            Write(metrics: null);
        }
    }

    public void Finish(RunMetrics metrics)
    {
        TextFile.Replace(folder.Metrics, metrics.ToJson());
        Write(metrics);
    }

    private void Write(RunMetrics? metrics)
    {
        var report = new RunReport(config, new History([.. epochs]), trainImages, metrics);
        TextFile.Replace(folder.History, report.History.ToCsv());
        TextFile.Replace(folder.Report, HtmlReport.Write(report));
        TextFile.Replace(folder.Curve, CurveFigure.Write(report));
    }
}
