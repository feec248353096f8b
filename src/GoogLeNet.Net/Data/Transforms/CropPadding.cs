namespace Inception.Data;

/// <summary>What surrounds an image before <see cref="RandomCrop"/> cuts a window.</summary>
public enum CropPadding
{
    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>The image mirrored about its outermost pixels, which are not repeated (cifar10-airbench's choice).</summary>
    Reflect,
}
