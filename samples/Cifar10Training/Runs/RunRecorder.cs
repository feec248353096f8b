using Cifar10Training.Report;
using Inception.Training;

namespace Cifar10Training.Runs;

/// <summary>Keeps a run's text files up to date: configuration at the start, history and report after every epoch, metrics at the end.</summary>
internal sealed class RunRecorder(RunConfig config, RunFolder folder, long trainImages) : IProgress<TrainingEvent>
{
    public void Begin() => TextFile.Replace(folder.Config, config.ToJson());

    public void Report(TrainingEvent value)
    {
        if (value is EpochEvent epoch)
        {
            Write(epoch.History, metrics: null);
        }
    }

    public void Finish(History history, RunMetrics metrics)
    {
        TextFile.Replace(folder.Metrics, metrics.ToJson());
        Write(history, metrics);
    }

    private void Write(History history, RunMetrics? metrics)
    {
        var report = new RunReport(config, history, trainImages, metrics);
        TextFile.Replace(folder.History, report.History.ToCsv());
        TextFile.Replace(folder.Report, HtmlReport.Write(report));
        TextFile.Replace(folder.Curve, CurveFigure.Write(report));
    }
}
