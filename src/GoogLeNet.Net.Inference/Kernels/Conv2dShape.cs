namespace Inception.Kernels;

/// <summary>A 3×3 convolution with stride 1 and padding 1, of images with channels last, (N, H, W, C), and its tiles of 4×4 outputs.</summary>
/// <param name="Images">N.</param>
/// <param name="Height">H, in pixels.</param>
/// <param name="Width">W.</param>
/// <param name="Inputs">Channels of the input.</param>
/// <param name="Outputs">Channels of the output.</param>
internal sealed record Conv2dShape(int Images, int Height, int Width, int Inputs, int Outputs)
{
    /// <summary>Pixels of all images.</summary>
    public int Pixels => Images * Height * Width;

    /// <summary>Tiles of all images; those at the lower and right edge may reach beyond.</summary>
    public int Tiles => Images * TileRows * TileColumns;

    /// <summary>How many panels of 32 the filters make; the last one may be filled up with zeros.</summary>
    public int Panels => (Outputs + GemmMicroKernel.NR - 1) / GemmMicroKernel.NR;

    /// <summary>Numbers from one plane of transformed filters to the next.</summary>
    public nint FilterPlane => ((nint)Panels * Inputs * GemmMicroKernel.NR) + TileTransform.Gap;

    private int TileRows => (Height + WinogradTransform.Tile - 1) / WinogradTransform.Tile;

    private int TileColumns => (Width + WinogradTransform.Tile - 1) / WinogradTransform.Tile;

    /// <summary>Where the pixels of a square in the image lie, row by row.</summary>
    /// <param name="images">The first pixel's first channel.</param>
    /// <param name="stride">Numbers from one pixel to the next.</param>
    /// <param name="tile">The tile's number.</param>
    /// <param name="side">Pixels along one side: <see cref="WinogradTransform.Tile"/>, or <see cref="WinogradTransform.Side"/> for the tile and one pixel around it.</param>
    /// <param name="outside">Taken for pixels outside the image.</param>
    /// <param name="pixels">Receives side · side addresses.</param>
    public unsafe void Locate<T>(T* images, nint stride, int tile, int side, T* outside, T** pixels) where T : unmanaged
    {
        var (rows, column) = Math.DivRem(tile, TileColumns);
        var (image, row) = Math.DivRem(rows, TileRows);
        var around = (side - WinogradTransform.Tile) / 2;
        var (top, left) = ((row * WinogradTransform.Tile) - around, (column * WinogradTransform.Tile) - around);
        for (var y = top; y < top + side; y++)
        {
            var line = images + ((((nint)image * Height) + y) * Width * stride);
            for (var x = left; x < left + side; x++)
            {
                *pixels++ = (uint)y < (uint)Height && (uint)x < (uint)Width ? line + (x * stride) : outside;
            }
        }
    }
}
