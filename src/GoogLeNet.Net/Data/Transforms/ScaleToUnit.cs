using static TorchSharp.torch;

namespace Inception.Data.Transforms;

/// <summary>Divides by 255: uint8 0–255 becomes float32 0–1.</summary>
public sealed record ScaleToUnit : IBatchTransform
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context)
    {
        using var floats = images.to(ScalarType.Float32);
        return floats.div(255);
    }
}
