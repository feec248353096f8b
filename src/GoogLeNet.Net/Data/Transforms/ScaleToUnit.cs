using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Divides by 255: uint8 0–255 becomes float32 0–1.</summary>
public sealed record ScaleToUnit : IBatchTransform
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor images, BatchContext context) => images.to(ScalarType.Float32, copy: true).div_(255);
}
