using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

[Collection(TorchCollection.Name)]
public sealed class ImageFileTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly Samples.TemporaryFolder folder = new();

    public static TheoryData<string> DecodedNames() => [.. ImageFixtures.All.Decoded.Select(fixture => fixture.Name)];

    public static TheoryData<int> ResizedNumbers() => [.. Enumerable.Range(0, ImageFixtures.All.Resized.Count)];

    [Theory]
    [MemberData(nameof(DecodedNames))]
    public void Reads_what_Pillow_reads(string name)
    {
        var fixture = ImageFixtures.Named(name);
        if (name.StartsWith("jpeg", StringComparison.Ordinal) && TurboJpeg.System is null)
        {
            return;
        }

        var image = ImageFile.Decode(fixture.File, name);

        image.dtype.Should().Be(ScalarType.Byte);
        image.shape.Should().Equal(3, fixture.Height, fixture.Width);
        Interleaved(image).Should().Equal(fixture.Rgb);
    }

    [Theory]
    [MemberData(nameof(ResizedNumbers))]
    public void Resizes_as_Pillow_and_torchvision_do(int number)
    {
        var fixture = ImageFixtures.All.Resized[number];
        File.WriteAllBytes(folder["picture"], fixture.File);

        var image = ImageFile.Read(folder["picture"], fixture.Size, Enum.Parse<ImageFit>(fixture.Fit));

        image.shape.Should().Equal(3, fixture.Size, fixture.Size);
        Interleaved(image).Zip(fixture.Rgb, (ours, theirs) => Math.Abs(ours - theirs)).Max()
            .Should().BeLessThanOrEqualTo(1, "{0} to {1}, {2}: Pillow rounds between its two passes", fixture.Name, fixture.Size, fixture.Fit);
    }

    [Fact]
    public void Reads_a_file_by_its_bytes_whatever_its_name_says()
    {
        var fixture = ImageFixtures.Named("bmp 24 bits");
        File.WriteAllBytes(folder["picture.png"], fixture.File);
        Interleaved(ImageFile.Read(folder["picture.png"])).Should().Equal(fixture.Rgb);
    }

    [Fact]
    public void A_very_thin_picture_is_cropped_without_being_blown_up()
    {
        byte[] thin = [.. "P5 1 100000 255\n"u8, .. Enumerable.Repeat((byte)9, 100_000)];
        File.WriteAllBytes(folder["thin.pgm"], thin);
        Interleaved(ImageFile.Read(folder["thin.pgm"], 300)).Should().OnlyContain(value => value == 9);
    }

    [Fact]
    public void Without_libturbojpeg_one_line_says_how_to_get_it()
    {
        TurboJpeg.TryLoad(["no-such-library.so.9"]).Should().BeNull();
        var decode = () => JpegDecoder.Decode([0xFF, 0xD8, 0xFF], library: null);
        decode.Should().Throw<DatasetException>().WithMessage("*libturbojpeg*not installed*apt-get install libturbojpeg0*brew install jpeg-turbo*")
            .Which.Message.Should().NotContain("\n");
    }

    [Theory]
    [InlineData("missing", "it does not exist.")]
    [InlineData(".", "it is a folder.")]
    [InlineData("empty", "it is empty.")]
    [InlineData("pipe", "it is empty.")]
    public void Refuses_what_is_no_file_with_its_name(string name, string reason)
    {
        File.WriteAllBytes(folder["empty"], []);
        if (OperatingSystem.IsLinux())
        {
            using var made = System.Diagnostics.Process.Start("mkfifo", folder["pipe"]);
            made.WaitForExit();
        }
        else if (name == "pipe")
        {
            return;
        }

        FluentActions.Invoking(() => ImageFile.Read(folder[name])).Should().Throw<DatasetException>().WithMessage($"'{folder[name]}' cannot be read: {reason}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16_385)]
    public void Refuses_a_size_out_of_range(int size) =>
        FluentActions.Invoking(() => ImageFile.Read(folder["missing"], size)).Should().Throw<ArgumentOutOfRangeException>().WithMessage($"size is {size}; it must be 1 to 16384.*");

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private static byte[] Interleaved(Tensor planes)
    {
        using var dense = planes.permute(1, 2, 0).contiguous();
        return dense.bytes.ToArray();
    }
}
