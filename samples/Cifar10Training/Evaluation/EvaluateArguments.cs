namespace Cifar10Training.Evaluation;

/// <summary>What was given to <c>cifar10 evaluate</c>; null where nothing was.</summary>
internal sealed record EvaluateArguments
{
    /// <summary>At least one file.</summary>
    public required IReadOnlyList<string> Checkpoints { get; init; }

    public string? Views { get; init; }

    public string? Data { get; init; }

    public string? Device { get; init; }

    public int? Limit { get; init; }

    public int? Batch { get; init; }

    public int? Mistakes { get; init; }

    public string? Json { get; init; }
}
