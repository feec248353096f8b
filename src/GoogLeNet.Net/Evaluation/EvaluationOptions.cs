namespace Inception.Evaluation;

/// <summary>What an evaluation measures, and in what steps.</summary>
public sealed record EvaluationOptions
{
    private readonly int batchSize = 256;
    private readonly int topK = 5;
    private readonly int calibrationBins = 15;
    private readonly int mistakes = 20;

    /// <summary>Images in a step, at least 1. Default 256.</summary>
    public int BatchSize { get => batchSize; init => batchSize = Check.AtLeast(1, value, nameof(BatchSize)); }

    /// <summary>The k of top-k accuracy, at least 1; where there are fewer classes, their number. Default 5.</summary>
    public int TopK { get => topK; init => topK = Check.AtLeast(1, value, nameof(TopK)); }

    /// <summary>Bins of the calibration error, at least 1. Default 15.</summary>
    public int CalibrationBins { get => calibrationBins; init => calibrationBins = Check.AtLeast(1, value, nameof(CalibrationBins)); }

    /// <summary>How many of the most confident mistakes are kept, 0 or more. Default 20.</summary>
    public int Mistakes { get => mistakes; init => mistakes = Check.AtLeast(0, value, nameof(Mistakes)); }
}
