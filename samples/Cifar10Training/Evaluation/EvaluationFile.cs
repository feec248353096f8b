using System.Text.Json;
using Cifar10Training.Commands;
using Inception;
using Inception.Evaluation;

namespace Cifar10Training.Evaluation;

/// <summary>What <c>--json</c> writes.</summary>
/// <param name="Checkpoints">The files of the ensemble.</param>
/// <param name="Tta">none, flip, crops, ten or paper.</param>
/// <param name="Result">Every figure; shares are in [0, 1].</param>
internal sealed record EvaluationFile(IReadOnlyList<string> Checkpoints, string Tta, EvaluationResult Result)
{
    /// <summary>Refuses, before a long evaluation, a file that cannot be written after it.</summary>
    /// <exception cref="UsageException">There is no such folder.</exception>
    public static void RequireFolder(string? path)
    {
        if (path is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
        {
            throw new UsageException($"--json {path}: there is no such folder.");
        }
    }

    public void Write(string path) => AtomicFile.Write(path, JsonSerializer.Serialize(this, SpecJson.Options));
}
