using System.Text.Json;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

/// <summary>A picture file, and what Pillow reads from it: rows of RGB triples, and of some its gray values.</summary>
internal sealed record DecodedFixture(string Name, byte[] File, int Height, int Width, byte[] Rgb, byte[]? Gray);

/// <summary>A picture file, and what Pillow resizes it to.</summary>
internal sealed record ResizedFixture(string Name, byte[] File, int Size, string Fit, byte[] Rgb);

/// <summary>What generate_images.py wrote.</summary>
internal sealed record ImageFixtures(IReadOnlyList<DecodedFixture> Decoded, IReadOnlyList<ResizedFixture> Resized)
{
    public static ImageFixtures All { get; } = JsonSerializer.Deserialize<ImageFixtures>(
        File.ReadAllBytes(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Data", "Images", "images.json")), JsonSerializerOptions.Web)!;

    /// <summary>Planes as rows of triples, or of gray values.</summary>
    public static byte[] Interleaved(Tensor planes)
    {
        using var dense = planes.permute(1, 2, 0).contiguous();
        return dense.bytes.ToArray();
    }

    public static DecodedFixture Named(string name) => All.Decoded.Single(fixture => fixture.Name == name);
}
