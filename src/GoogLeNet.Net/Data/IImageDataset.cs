using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Labelled images, resident on one device.</summary>
public interface IImageDataset
{
    /// <summary>Number of images N, at least 1.</summary>
    long Count { get; }

    /// <summary>Name of class k at index k.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Images, uint8 (N, C, H, W), values 0 to 255. Owned by the data set.</summary>
    Tensor Images { get; }

    /// <summary>Class numbers, int64 (N), each in [0, number of classes). Owned by the data set.</summary>
    Tensor Labels { get; }
}
