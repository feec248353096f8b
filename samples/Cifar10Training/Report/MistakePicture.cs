using System.Buffers.Binary;
using Inception.Data;
using Inception.Evaluation;
using TorchSharp;

namespace Cifar10Training.Report;

/// <summary>A wrongly classified image, ready to be shown.</summary>
/// <param name="Mistake">What was taken for what.</param>
/// <param name="Actual">The true class's name.</param>
/// <param name="Predicted">The predicted class's name.</param>
/// <param name="DataUri">The image itself, as a bitmap inside the address.</param>
internal sealed record MistakePicture(Mistake Mistake, string Actual, string Predicted, string DataUri)
{
    private const int HeaderBytes = 54;

    public static IReadOnlyList<MistakePicture> Of(EvaluationResult result, IImageDataset images) =>
        [.. result.Mistakes.Select(mistake => new MistakePicture(
            mistake, images.ClassNames[mistake.Actual], images.ClassNames[mistake.Predicted], DataUriOf(images, mistake.Index)))];

    private static string DataUriOf(IImageDataset images, long index)
    {
        using var scope = torch.NewDisposeScope();
        var pixels = images.Read([index])[0].permute(1, 2, 0).cpu().contiguous();
        return $"data:image/bmp;base64,{Convert.ToBase64String(Bitmap(pixels.bytes, (int)pixels.shape[1], (int)pixels.shape[0]))}";
    }

    // Windows bitmap, 24 bits, rows from the top; every browser shows it, and it needs no compression.
    private static byte[] Bitmap(ReadOnlySpan<byte> rgb, int width, int height)
    {
        var stride = ((3 * width) + 3) / 4 * 4;
        var bitmap = new byte[HeaderBytes + (stride * height)];
        "BM"u8.CopyTo(bitmap);
        Span<(int Offset, int Value)> fields = [(2, bitmap.Length), (10, HeaderBytes), (14, 40), (18, width), (22, -height), (26, 1 | (24 << 16))];
        foreach (var (offset, value) in fields)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bitmap.AsSpan(offset), value);
        }

        for (var i = 0; i < width * height; i++)
        {
            var at = HeaderBytes + (i / width * stride) + (3 * (i % width));
            (bitmap[at], bitmap[at + 1], bitmap[at + 2]) = (rgb[(3 * i) + 2], rgb[(3 * i) + 1], rgb[3 * i]);
        }

        return bitmap;
    }
}
