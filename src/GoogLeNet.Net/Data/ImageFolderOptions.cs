namespace Inception.Data;

/// <summary>How <see cref="ImageFolderDataset.Load"/> reads a folder.</summary>
public sealed record ImageFolderOptions
{
    /// <summary>What happens to an image of other proportions. Default <see cref="ImageFit.Crop"/>: resized, and the middle cut out.</summary>
    public ImageFit Fit { get; init; } = ImageFit.Crop;

    /// <summary>Height that each image is brought to, 1 to 16384; <c>size</c> is then the width alone. Default null: as high as wide.</summary>
    public int? Height { get; init; }

    /// <summary>Whether a file that cannot be read is passed over with a warning, rather than refused. Default false.</summary>
    public bool SkipDamaged { get; init; }
}
