namespace Inception.Data;

/// <summary>How <see cref="RandomResizedCrop"/> computes pixels between pixels; all with half-pixel centres, as OpenCV names them.</summary>
public enum Interpolation
{
    /// <summary>The pixel in which the centre lies, between two the second one (PyTorch's nearest-exact).</summary>
    Nearest,

    /// <summary>Linear between the two nearest pixels of each axis, without antialiasing (OpenCV's INTER_LINEAR).</summary>
    Bilinear,

    /// <summary>Keys' cubic convolution with a = −0.75 over four pixels of each axis (OpenCV's INTER_CUBIC).</summary>
    Bicubic,

    /// <summary>The mean over the area that the pixel covers (OpenCV's INTER_AREA).</summary>
    Area,
}
