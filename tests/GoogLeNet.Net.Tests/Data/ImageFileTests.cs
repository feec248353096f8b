using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

[Collection(TorchCollection.Name)]
public sealed class ImageFileTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> DecodedNames() => [.. ImageFixtures.All.Decoded.Select(fixture => fixture.Name)];

    public static TheoryData<string> GrayNames() => [.. ImageFixtures.All.Decoded.Where(fixture => fixture.Gray is not null).Select(fixture => fixture.Name)];

    public static TheoryData<int> ResizedNumbers() => [.. Enumerable.Range(0, ImageFixtures.All.Resized.Count)];

    [Theory]
    [MemberData(nameof(DecodedNames))]
    public void Reads_what_Pillow_reads(string name)
    {
        var fixture = ImageFixtures.Named(name);

        var image = ImageFile.Decode(fixture.File, name);

        image.dtype.Should().Be(ScalarType.Byte);
        image.shape.Should().Equal(3, fixture.Height, fixture.Width);
        ImageFixtures.Interleaved(image).Should().Equal(fixture.Rgb);
    }

    [Theory]
    [MemberData(nameof(GrayNames))]
    public void Reads_the_gray_that_Pillow_reads(string name)
    {
        var fixture = ImageFixtures.Named(name);

        var image = ImageFile.Decode(fixture.File, name, channels: 1);

        image.shape.Should().Equal(1, fixture.Height, fixture.Width);
        ImageFixtures.Interleaved(image).Should().Equal(fixture.Gray);
    }

    [Theory]
    [MemberData(nameof(ResizedNumbers))]
    public void Resizes_as_Pillow_and_torchvision_do(int number)
    {
        var fixture = ImageFixtures.All.Resized[number];
        File.WriteAllBytes(folder["picture"], fixture.File);

        var image = ImageFile.Read(folder["picture"], fixture.Size, Enum.Parse<ImageFit>(fixture.Fit));

        image.shape.Should().Equal(3, fixture.Size, fixture.Size);
        var differences = ImageFixtures.Interleaved(image).Zip(fixture.Rgb, (ours, theirs) => Math.Abs(ours - theirs)).ToList();
        if (fixture.Name.StartsWith("jpeg", StringComparison.Ordinal))
        {
            differences.Max().Should().BeLessThanOrEqualTo(5, "it is decoded at a reduced scale, whose sides are whole numbers");
            differences.Average().Should().BeLessThan(0.8);
        }
        else
        {
            differences.Max().Should().BeLessThanOrEqualTo(1);
            differences.Sum().Should().BeLessThanOrEqualTo(1 + (differences.Count / 50));
        }
    }

    [Fact]
    public void Resizing_while_reading_is_resizing_what_was_read()
    {
        foreach (var fixture in ImageFixtures.All.Resized.Where(fixture => !fixture.Name.StartsWith("jpeg", StringComparison.Ordinal)))
        {
            File.WriteAllBytes(folder["picture"], fixture.File);
            foreach (var channels in new[] { 1, 3 })
            {
                var read = ImageFile.Read(folder["picture"], channels: channels);
                foreach (var fit in Enum.GetValues<ImageFit>())
                {
                    var resized = ImageFile.Read(folder["picture"], fixture.Size, fit, height: fixture.Size + 2, channels);
                    var batch = PictureResize.Fit(stack([read, read]), fixture.Size + 2, fixture.Size, fit);

                    PictureResize.Fit(read, fixture.Size + 2, fixture.Size, fit).bytes.SequenceEqual(resized.bytes).Should().BeTrue();
                    batch.shape.Should().Equal(2, channels, fixture.Size + 2, fixture.Size);
                    batch[1].contiguous().bytes.SequenceEqual(resized.bytes).Should().BeTrue();
                }
            }
        }
    }

    [Fact]
    public void Stripes_too_fine_for_the_size_become_their_mean()
    {
        // 255, 0, 0, 0 and again: the mean is 63.75, whoever resizes.
        File.WriteAllBytes(folder["stripes"], new PngEncoder().Encode(256, 256, (x, _, _) => (byte)(x % 4 == 0 ? 255 : 0)));

        foreach (var picture in new[] { ImageFile.Read(folder["stripes"], 64), PictureResize.Fit(ImageFile.Read(folder["stripes"]), 64, 64, ImageFit.Crop) })
        {
            picture.to(ScalarType.Float64).mean().item<double>().Should().BeApproximately(63.75, 0.5);
        }
    }

    [Theory]
    [InlineData(9, ImageFit.Crop, 25, 19)]
    [InlineData(16, ImageFit.Crop, 50, 38)]
    [InlineData(37, ImageFit.Crop, 100, 75)]
    [InlineData(38, ImageFit.Crop, 125, 94)] // half would be 75 high, less than twice
    [InlineData(27, ImageFit.Crop, 75, 56)] // of the row at the bottom a quarter is picture
    [InlineData(80, ImageFit.Crop, 200, 150)]
    [InlineData(12, ImageFit.Stretch, 50, 38)]
    public void A_JPEG_is_decoded_at_the_smallest_scale_that_is_twice_the_size(int size, ImageFit fit, int width, int height)
    {
        var fixture = ImageFixtures.All.Resized.First(resized => resized.Name == "jpeg 200x150");
        ImageFile.Decode(fixture.File).shape.Should().Equal(3, 150, 200);

        var decoded = PictureCodec.Decode(fixture.File, "jpeg", 3, (rows, columns) =>
        {
            var whole = PictureResize.Resized(rows, columns, size, size, fit);
            return (2 * whole.Height, 2 * whole.Width);
        });

        decoded.shape.Should().Equal(3, height, width);
    }

    [Theory]
    [InlineData(9, 25, 19)]
    [InlineData(16, 50, 38)]
    [InlineData(37, 100, 75)]
    public void A_JPEG_that_is_read_with_a_size_is_decoded_at_that_scale(int size, int width, int height)
    {
        using var scope = NewDisposeScope();
        File.WriteAllBytes(folder["picture.jpg"], ImageFixtures.All.Resized.First(resized => resized.Name == "jpeg 200x150").File);
        var decoded = PictureCodec.Decode(File.ReadAllBytes(folder["picture.jpg"]), "jpeg", 3, (_, _) => (height, width));
        decoded.shape.Should().Equal(3, height, width);

        ImageFile.Read(folder["picture.jpg"], size).bytes.ToArray().Should().Equal(PictureResize.Fit(decoded, size, size, ImageFit.Crop).bytes.ToArray());
    }

    [Fact]
    public void Reads_a_file_by_its_bytes_whatever_its_name_says_and_a_stream_from_where_it_stands()
    {
        var fixture = ImageFixtures.Named("bmp 24 bits");
        File.WriteAllBytes(folder["picture.png"], fixture.File);
        ImageFixtures.Interleaved(ImageFile.Read(folder["picture.png"])).Should().Equal(fixture.Rgb);

        using var stream = new MemoryStream([1, 2, .. fixture.File]);
        stream.Position = 2;
        ImageFixtures.Interleaved(ImageFile.Decode(stream)).Should().Equal(fixture.Rgb);
        stream.CanRead.Should().BeTrue();
    }

    [Theory]
    [InlineData(1, 60_000)]
    [InlineData(70_000, 1)]
    [InlineData(3, 50_000)]
    public void A_very_long_picture_is_cropped_in_little_memory(int width, int height)
    {
        File.WriteAllBytes(folder["long"], new PngEncoder { Filter = 0 }.Encode(width, height, (_, _, c) => (byte)(9 + c)));
        ResetPeak();
        var before = Peak();

        var image = ImageFile.Read(folder["long"], 224);

        image.shape.Should().Equal(3, 224, 224);
        ImageFixtures.Interleaved(image).Chunk(3).Should().OnlyContain(pixel => pixel[0] == 9 && pixel[1] == 10 && pixel[2] == 11);
        ImageFile.Read(folder["long"]).shape.Should().Equal(3, height, width);
        (Peak() - before).Should().BeLessThan(256 << 20);
    }

    [Fact]
    public void Of_a_very_long_picture_the_middle_is_cut_out()
    {
        // A ramp of one step in 250 pixels; the middle 100 of 50,000 are one square.
        var ramp = arange(50_000, dtype: ScalarType.Int64).div(250, RoundingMode.trunc).to(ScalarType.Byte);
        var picture = ramp.reshape(1, 1, -1).expand(1, 100, -1).contiguous();

        var square = PictureResize.Fit(picture, 10, 10, ImageFit.Crop);

        // Columns 24,950 to 25,049: 99 to the middle, 100 from there; the two columns beside the step mix.
        square[0, 5].data<byte>().ToArray().Should().Equal(99, 99, 99, 99, 99, 100, 100, 100, 100, 100);
        PictureResize.Fit(picture.transpose(1, 2), 10, 10, ImageFit.Crop)[0].t().contiguous().bytes.SequenceEqual(square[0].contiguous().bytes).Should().BeTrue();
    }

    [Theory]
    [InlineData("missing", "it does not exist.")]
    [InlineData("no/such/folder", "it does not exist.")]
    [InlineData(".", "it is a folder.")]
    [InlineData("empty", "it is empty.")]
    [InlineData("pipe", "it is empty.")]
    [InlineData("secret", "permission denied.")]
    [InlineData("closed/picture", "permission denied.")]
    public void Refuses_what_is_no_file_with_its_name(string name, string reason)
    {
        File.WriteAllBytes(folder["empty"], []);
        File.WriteAllBytes(folder["secret"], [1]);
        Directory.CreateDirectory(folder["closed"]);
        if (OperatingSystem.IsLinux())
        {
            using var made = System.Diagnostics.Process.Start("mkfifo", folder["pipe"]);
            made.WaitForExit();
            File.SetUnixFileMode(folder["secret"], UnixFileMode.None);
            File.SetUnixFileMode(folder["closed"], UnixFileMode.None);
        }
        else if (name is "pipe" or "secret" or "closed/picture")
        {
            return;
        }

        Func<Tensor> read = () => ImageFile.Read(folder[name]);
        FluentActions.Invoking(() => name is "secret" or "closed/picture" ? OtherUser.Run(read) : read())
            .Should().Throw<DatasetException>().WithMessage($"'{folder[name]}' cannot be read: {reason}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16_385)]
    public void Refuses_a_size_out_of_range(int size)
    {
        FluentActions.Invoking(() => ImageFile.Read(folder["missing"], size))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage($"size is {size}; it must be 1 to 16384.*");
        FluentActions.Invoking(() => ImageFile.Read(folder["missing"], 4, height: size))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage($"height is {size}; it must be 1 to 16384.*");
    }

    [Fact]
    public void Refuses_another_number_of_channels_and_a_height_alone()
    {
        FluentActions.Invoking(() => ImageFile.Read(folder["missing"], channels: 4)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("channels is 4*");
        FluentActions.Invoking(() => ImageFile.Decode([1], channels: 2)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => ImageFile.Read(folder["missing"], height: 4)).Should().Throw<ArgumentException>().WithMessage("A height needs a size*");
    }

    public void Dispose()
    {
        scope.Dispose();
        if (OperatingSystem.IsLinux() && Directory.Exists(folder["closed"]))
        {
            File.SetUnixFileMode(folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        folder.Dispose();
    }

    private static void ResetPeak()
    {
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
    }

    private static long Peak() => OperatingSystem.IsLinux()
        ? 1024 * long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1])
        : 0;
}
