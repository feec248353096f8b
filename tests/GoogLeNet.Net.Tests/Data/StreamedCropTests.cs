using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using SkiaSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

/// <summary>Crops of pictures that are read when they are needed.</summary>
[Collection(TorchCollection.Name)]
public sealed class StreamedCropTests : IDisposable
{
    private static readonly ImageFolderOptions Streamed = new() { MemoryBudget = 0 };

    private readonly PictureFolder folder = new();

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void Crops_are_cut_from_the_whole_picture(int channels)
    {
        folder.WriteFixtures();
        using var data = ImageFolderDataset.Load(folder.Path, 8, Streamed with { Channels = channels });
        var crop = new RandomResizedCrop(40); // more than half of every window, so that JPEGs are decoded whole
        var context = Context((int)data.Count);
        using var crops = data.ReadCrops(context.Samples, crop, context);

        crops.shape.Should().Equal(data.Count, channels, 40, 40);
        crops.dtype.Should().Be(ScalarType.Byte);
        for (var i = 0; i < data.Count; i++)
        {
            using var scope = NewDisposeScope();
            var whole = ImageFile.Read(data.Files[i], channels: channels);
            var expected = crop.Apply(whole.unsqueeze(0), context with { Samples = [i] }).squeeze(0);
            (crops.select(0, i).to(ScalarType.Float32) - expected).abs().max().item<float>().Should().BeLessThan(0.501f, data.Files[i]);
        }
    }

    [Fact]
    public void A_large_jpeg_is_reduced_before_it_is_cropped_and_what_is_seen_stays_the_same()
    {
        // Red rises along the rows and green along the columns, so a pixel's color is its place.
        const int width = 1600, height = 1200, size = 24;
        Jpeg("a/1.jpg", width, height, (x, y) => new SKColor((byte)(255 * y / height), (byte)(255 * x / width), 128));
        using var data = ImageFolderDataset.Load(folder.Path, 8, Streamed);
        var crop = new RandomResizedCrop(size, interpolations: [Interpolation.Area]);
        for (var epoch = 0; epoch < 20; epoch++)
        {
            var context = new BatchContext(1, epoch, [0]);
            var window = crop.Window(context, 0, height, width);
            using var image = data.ReadCrops([0], crop, context).to(ScalarType.Float32).squeeze(0);
            for (var i = 0; i < size; i += 5)
            {
                var (down, across) = (window.Top + ((i + 0.5) * window.Height / size), window.Left + ((i + 0.5) * window.Width / size));
                image[0, i, 3].item<float>().Should().BeApproximately((float)(255 * down / height), 2.5f);
                image[1, 3, i].item<float>().Should().BeApproximately((float)(255 * across / width), 2.5f);
            }
        }
    }

    [Fact]
    public void A_crop_of_ones_own_says_only_its_window()
    {
        folder.Write("a/1.png", new PngEncoder().Encode(16, 10, (x, y, _) => (byte)((10 * y) + x)));
        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed);
        using var batch = new BatchLoader(data, 1, [new Corner(), new ScaleToUnit()], CPU).Load(0, 0);

        batch.Images.Values().Take(4).Select(value => (int)Math.Round(value * 255)).Should().Equal(84, 85, 94, 95);
        IBatchTransform asTransform = new Corner();
        using var whole = ImageFile.Read(data.Files[0]);
        asTransform.Apply(whole.unsqueeze(0), Context(1)).Values().Take(4).Should().Equal(84, 85, 94, 95);
        FluentActions.Invoking(() => data.ReadCrops([0], new Corner(beyond: 1), Context(1))).Should().Throw<InvalidOperationException>().WithMessage("Corner chose *, which is not within an image of 16×10 pixels.");
    }

    public void Dispose() => folder.Dispose();

    private static BatchContext Context(int count) => new(3, 1, [.. Enumerable.Range(0, count).Select(i => (long)i)]);

    private void Jpeg(string name, int width, int height, Func<int, int, SKColor> color)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Pixels = [.. Enumerable.Range(0, width * height).Select(i => color(i % width, i / width))];
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
        folder.Write(name, data.ToArray());
    }

    private sealed class Corner(int beyond = 0) : ICropTransform
    {
        public int Size => 2;

        public CropWindow Window(BatchContext context, long sample, int height, int width) => new(height - 2, width - 12 + beyond + (beyond * 10), 2, 2, Interpolation.Nearest);
    }
}
