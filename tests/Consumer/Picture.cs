using Inception.Tests.Data;

namespace Consumer;

/// <summary>A small picture of noise: a PNG, which is read whatever its name says.</summary>
internal static class Picture
{
    private const int Side = 48;

    public static void Write(string path, int seed)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var pixels = new byte[Side * Side * 3];
        new Random(seed).NextBytes(pixels);
        File.WriteAllBytes(path, new PngEncoder().Encode(Side, Side, (x, y, c) => pixels[(((c * Side) + y) * Side) + x]));
    }
}
