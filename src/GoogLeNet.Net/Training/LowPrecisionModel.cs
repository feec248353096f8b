using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>A model that computes in bfloat16 while its weights are bfloat16: images are rounded on the way in, logits are float32 on the way out.</summary>
internal sealed class LowPrecisionModel(IMultiHeadModel model) : IMultiHeadModel
{
    // One of those that hold bfloat16 during a run.
    private readonly Tensor? weight = model.Module.parameters().FirstOrDefault(parameter => parameter.ndim >= 2);

    public IReadOnlyList<Head> Heads => model.Heads;

    public int InputSize => model.InputSize;

    public int NumClasses => model.NumClasses;

    public string Configuration => model.Configuration;

    public nn.Module Module => model.Module;

    /// <summary>The heads' logits, float32; what comes between stays in the caller's scope.</summary>
    public MultiHeadOutput Forward(Tensor images, bool auxiliaries)
    {
        if (weight?.dtype != ScalarType.BFloat16)
        {
            return model.Forward(images, auxiliaries);
        }

        var heads = model.Forward(images.to(ScalarType.BFloat16), auxiliaries).Heads
            .Select(head => head with { Logits = head.Logits.to(ScalarType.Float32) }).ToArray();
        return new MultiHeadOutput(heads[0], heads[1..]);
    }
}
