using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

/// <summary>A folder of pictures for one test.</summary>
internal sealed class PictureFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public string Path => folder.Path;

    public string this[string name] => folder[name];

    public static long[] All(ImageFolderDataset data) => [.. Enumerable.Range(0, (int)data.Count).Select(i => (long)i)];

    public static byte[] Bytes(Tensor images)
    {
        using (images)
        {
            return images.contiguous().bytes.ToArray();
        }
    }

    /// <summary>The colors of images of 4×4 pixels that <see cref="Plain"/> wrote.</summary>
    public static byte[] Colors(ImageFolderDataset data, params long[] indices) =>
        [.. Bytes(data.Read(indices is [] ? All(data) : indices)).Chunk(3 * 16).Select(image => image.Distinct().Single())];

    public void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], bytes);
    }

    /// <summary>A picture of one color.</summary>
    public void Plain(string name, byte value) => Write(name, new PngEncoder().Encode(5, 5, (_, _, _) => value));

    public void WriteFixtures()
    {
        foreach (var (i, fixture) in ImageFixtures.All.Decoded.Index())
        {
            Write($"{"abc"[i % 3]}/{fixture.Name.Replace('/', '_')}", fixture.File);
        }
    }

    public void Dispose() => folder.Dispose();
}
