using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>What a network of an ensemble sees of a batch.</summary>
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
            var transformed = transform.Apply(seen, context);
            seen = view.Size is not null && IsResized(seen, transformed) ? seen : transformed;
        }

        return BatchTransforms.Finished(seen).MoveToOuterDisposeScope();
    }

    // A view of the network's own size takes the place of the transforms that would bring the image to it.
    private static bool IsResized(Tensor before, Tensor after) => (before.shape[2], before.shape[3]) != (after.shape[2], after.shape[3]);
}
