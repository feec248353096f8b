namespace Inception.Data;

/// <summary>How a picture of any shape becomes one of a given size.</summary>
public enum ImageFit
{
    /// <summary>The side that is relatively shorter is resized to the size, and the middle is cut out, as torchvision's Resize and CenterCrop do.</summary>
    Crop,

    /// <summary>Both sides are resized, whatever becomes of the proportions.</summary>
    Stretch,
}
