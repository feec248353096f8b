using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>A model's heads while its weights may be bfloat16: images are rounded on the way in, logits are float32 on the way out.</summary>
/// <param name="model">The model.</param>
internal sealed class PrecisionCast(MultiHeadModel model)
{
    // One of those that hold bfloat16 during a run.
    private readonly Tensor? weight = model.parameters().FirstOrDefault(parameter => parameter.ndim >= 2);

    /// <summary>The heads' logits, float32; what comes between stays in the caller's dispose scope.</summary>
    /// <param name="images">(N, C, H, W), float32.</param>
    public MultiHeadOutput AllHeads(Tensor images)
    {
        if (weight?.dtype != ScalarType.BFloat16)
        {
            return model.AllHeads(images);
        }

        HeadOutput[] heads = [.. model.AllHeads(images.to(ScalarType.BFloat16)).Heads.Select(head => head with { Logits = head.Logits.to(ScalarType.Float32) })];
        return new MultiHeadOutput(heads[0], heads[1..]);
    }
}
