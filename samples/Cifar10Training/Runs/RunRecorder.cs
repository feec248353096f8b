using Cifar10Training.Report;
using Inception;
using Inception.Evaluation;
using Inception.Training;

namespace Cifar10Training.Runs;

/// <summary>Keeps a run's text files up to date: configuration at the start, history and report after every epoch, metrics at the end.</summary>
internal sealed class RunRecorder(RunConfig config, RunFolder folder, long trainImages) : ITrainingCallback
{
    private bool begun;

    public TrainingRequests Observe(TrainingEvent value)
    {
        // Not before the trainer has accepted what it goes on from: a refused continuation leaves the folder as it was.
        if (!begun)
        {
            begun = true;
            AtomicFile.Write(folder.Config, config.ToJson());
        }

        if (value is EpochEvent epoch)
        {
            Write(new RunReport(config, epoch.History, trainImages, Metrics: null));
        }

        return TrainingRequests.None;
    }

    public void Finish(History history, RunMetrics metrics, EvaluationResult evaluation, IReadOnlyList<MistakePicture> mistakes)
    {
        AtomicFile.Write(folder.Metrics, metrics.ToJson());
        Write(new RunReport(config, history, trainImages, metrics, evaluation, mistakes));
    }

    private void Write(RunReport report)
    {
        AtomicFile.Write(folder.History, report.History.ToCsv());
        AtomicFile.Write(folder.Report, HtmlReport.Write(report));
        AtomicFile.Write(folder.Curve, CurveFigure.Write(report));
    }
}
