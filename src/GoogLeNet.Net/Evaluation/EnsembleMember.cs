using System.Text.Json;
using System.Text.Json.Nodes;
using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>One network of an ensemble, and what its images go through before they reach it.</summary>
/// <param name="Model">The network, which stays owned by the caller; its main head is the one that predicts.</param>
/// <param name="Transforms">
/// Applied to each view in order; the last result must be float32. Null: resize to the model's input size if needed, then scale to [0, 1].
/// </param>
public sealed record EnsembleMember(IClassifier Model, IReadOnlyList<IBatchTransform>? Transforms = null)
{
    /// <summary>
    /// Reads a network as <see cref="GoogLeNet.Load(string)"/> does, and from a checkpoint of the trainer also the validation transforms: everything that
    /// a prediction needs.
    /// </summary>
    /// <param name="path">A checkpoint, or a file of <see cref="GoogLeNet.SaveWeights"/>.</param>
    /// <returns>A <see cref="GoogLeNet"/> on the CPU in evaluation mode, which the caller disposes, and its transforms.</returns>
    /// <exception cref="UnknownModelException">The file does not say which GoogLeNet it holds, or names a transform that this library does not know.</exception>
    /// <exception cref="WeightsException">The file's tensors are not those of the network that it names.</exception>
    /// <exception cref="SafeTensorsException">The file is damaged or not a safetensors file.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static EnsembleMember Load(string path)
    {
        var file = SafeTensorsFile.Read(path);
        var transforms = ValidationTransforms(file, path);
        return new EnsembleMember(NetworkWeights.Load(file, path), transforms);
    }

    // Only these: the other options may hold types of the user's own.
    private static IReadOnlyList<IBatchTransform>? ValidationTransforms(SafeTensorsFile file, string path)
    {
        try
        {
            return file.Metadata.TryGetValue(WeightsFormat.OptionsKey, out var options)
                ? JsonNode.Parse(options)?["validationTransforms"].Deserialize<IReadOnlyList<IBatchTransform>>(SpecJson.Options)
                : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            throw new UnknownModelException(path, $"was trained with validation transforms that cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>The input of one network of an ensemble.</summary>
internal static class MemberInput
{
    /// <summary>The view, then the member's transforms; float32, channels last in memory, of the caller's dispose scope.</summary>
    public static Tensor Prepare(EnsembleMember member, View view, Tensor images)
    {
        using var scope = NewDisposeScope();
        var seen = view.Apply(images);
        var context = new BatchContext(Seed: 0, Epoch: 0, [.. Enumerable.Range(0, (int)images.shape[0]).Select(i => (long)i)]);
        foreach (var transform in member.Transforms ?? BatchTransforms.Default(seen, member.Model.InputSize))
        {
            // A view of the network's own size takes the place of a resize to it.
            if (view.Size is not null && transform is Resize)
            {
                continue;
            }

            var transformed = transform.Apply(seen, context);
            if (view.Size is not null && IsResized(seen, transformed))
            {
                throw new ArgumentException(
                    $"The transform {transform.GetType().Name} changes the size of images that a view has already cropped to {seen.shape[2]}×{seen.shape[3]} pixels. Leave it out, or predict without such views.",
                    nameof(member));
            }

            seen = transformed;
        }

        return BatchTransforms.Finished(seen).MoveToOuterDisposeScope();
    }

    private static bool IsResized(Tensor before, Tensor after) => (before.shape[2], before.shape[3]) != (after.shape[2], after.shape[3]);
}
