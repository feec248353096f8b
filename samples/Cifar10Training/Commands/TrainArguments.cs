using Inception.Training;

namespace Cifar10Training.Commands;

/// <summary>What was given to <c>cifar10 train</c>; null where nothing was.</summary>
internal sealed record TrainArguments
{
    public string? Recipe { get; init; }

    public int? Epochs { get; init; }

    public double? LearningRate { get; init; }

    public int? Batch { get; init; }

    public int? Limit { get; init; }

    public int? Seed { get; init; }

    public string? Device { get; init; }

    public Precision? Precision { get; init; }

    /// <summary>"mpi" to train with the processes that mpirun or srun started.</summary>
    public string? Distributed { get; init; }

    public string? Data { get; init; }

    public string? Out { get; init; }

    /// <summary>Whether <c>--resume</c> was given, with or without a file.</summary>
    public bool Resume { get; init; }

    public string? ResumeFile { get; init; }
}
