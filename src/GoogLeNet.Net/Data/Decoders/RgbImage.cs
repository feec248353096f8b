namespace Inception.Data;

/// <summary>A decoded picture: <see cref="Height"/> rows of <see cref="Width"/> RGB triples.</summary>
internal sealed class RgbImage
{
    /// <summary>Most pixels that any decoder accepts: 400 MB decoded, more than the largest cameras take.</summary>
    public const long MaxPixels = 1 << 27;

    /// <summary>Room for a picture; its bytes are not cleared.</summary>
    /// <exception cref="DatasetException">The size is not 1 to <see cref="MaxPixels"/> pixels; the message completes "FILE cannot be read: …".</exception>
    public RgbImage(long width, long height)
    {
        CheckSize(width, height);
        (Width, Height) = ((int)width, (int)height);
        Pixels = GC.AllocateUninitializedArray<byte>(3 * Width * Height);
    }

    public int Width { get; }

    public int Height { get; }

    public byte[] Pixels { get; }

    public Span<byte> Row(int y) => Pixels.AsSpan(3 * Width * y, 3 * Width);

    /// <summary>Writes RGB triples as an R, a G and a B plane.</summary>
    public static void ToPlanes(ReadOnlySpan<byte> rgb, Span<byte> planes)
    {
        var plane = rgb.Length / 3;
        for (var channel = 0; channel < 3; channel++)
        {
            var target = planes.Slice(channel * plane, plane);
            for (int i = 0, at = channel; i < target.Length; i++, at += 3)
            {
                target[i] = rgb[at];
            }
        }
    }

    /// <summary>Refuses an impossible size before anything is allocated for it.</summary>
    public static void CheckSize(long width, long height)
    {
        if (width < 1 || height < 1)
        {
            throw new DatasetException($"its size is {width}×{height} pixels.");
        }

        if (width > MaxPixels || height > MaxPixels || width * height > MaxPixels)
        {
            throw new DatasetException($"its size {width}×{height} is above the limit of {MaxPixels:N0} pixels.");
        }
    }
}
