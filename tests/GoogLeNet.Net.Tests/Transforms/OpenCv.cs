using System.Runtime.InteropServices;
using System.Text.Json;

namespace Inception.Tests.Transforms;

/// <summary>What OpenCV made of small images: opencv.json, written by generate_opencv.py.</summary>
internal sealed record OpenCv(int Height, int Width, int OutHeight, int OutWidth, byte[] Image, byte[] Result)
{
    public float[] Floats => MemoryMarshal.Cast<byte, float>(Result).ToArray();

    public static IReadOnlyList<OpenCv> Cases(string name)
    {
        using var file = File.OpenRead(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Transforms", "opencv.json"));
        using var document = JsonDocument.Parse(file);
        return document.RootElement.GetProperty(name).Deserialize<List<OpenCv>>(JsonSerializerOptions.Web)!;
    }

    public override string ToString() => $"{Height}×{Width} → {OutHeight}×{OutWidth}";
}
