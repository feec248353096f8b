using System.Buffers.Binary;
using System.Text;
using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

[Collection(TorchCollection.Name)]
public sealed class PictureDamageTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();

    // Smooth in x and y, wraps around 256, differs by channel: every filter has work to do.
    private static byte Formula(int x, int y, int c) => (byte)(7 * x + 13 * y + 50 * c + x * y);

    public static TheoryData<string> Names() => [.. ImageFixtures.All.Decoded.Select(fixture => fixture.Name)];

    [Theory]
    [InlineData(0, 17, 9, "None")]
    [InlineData(1, 17, 9, "Sub")]
    [InlineData(2, 17, 9, "Up")]
    [InlineData(3, 17, 9, "Average")]
    [InlineData(4, 17, 9, "Paeth")]
    [InlineData(-1, 300, 40, "all five in turn, across many IDAT chunks")]
    [InlineData(4, 1, 1, "one pixel: no left, no above")]
    public void Every_filter_of_PNG_is_undone(int filter, int width, int height, string reason)
    {
        var png = new PngEncoder { Filter = filter, IdatBytes = 100 }.Encode(width, height, Formula);

        var expected = from y in Enumerable.Range(0, height) from x in Enumerable.Range(0, width) from c in Enumerable.Range(0, 3) select Formula(x, y, c);
        ImageFixtures.Interleaved(ImageFile.Decode(png)).Should().Equal(expected, reason);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_cut_anywhere_is_refused_unless_all_its_pixels_are_there(string name)
    {
        var file = ImageFixtures.Named(name).File;
        var whole = ImageFile.Decode(file, name).bytes.ToArray();
        var accepted = 0;
        for (var length = 0; length < file.Length; length++)
        {
            using var picture = TryDecode(file[..length]);
            picture?.bytes.SequenceEqual(whole).Should().BeTrue("{0} of {1} bytes", length, file.Length);
            accepted += picture is null ? 0 : 1;
        }

        // What only marks the end may be missing: of JPEG and RLE two bytes, of GIF one; and what follows it, trailing bytes or a second frame.
        var second = name switch { "gif two frames" => file.Length / 2, "jpeg trailing bytes" => 6, "jpeg extraneous bytes before the end marker" => 3, _ => 0 };
        accepted.Should().BeLessThanOrEqualTo(name.Split(' ')[0] switch { "png" or "webp" => 0, "gif" => 1 + second, _ => 2 + second });
    }

    [Fact]
    public void A_flipped_bit_anywhere_in_a_PNG_is_refused()
    {
        var png = new PngEncoder().Encode(20, 10, Formula);
        for (var bit = 0; bit < png.Length * 8; bit++)
        {
            png[bit / 8] ^= (byte)(1 << bit % 8);
            TryDecode(png).Should().BeNull("bit {0} is flipped", bit);
            png[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    public static TheoryData<string, byte[]> BrokenPngs()
    {
        var good = new PngEncoder();
        var rows = new byte[10 * (1 + 3 * 20)];
        return new()
        {
            { "bit depth 4 with RGB", (good with { BitDepth = 4 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "bit depth 16 with a palette", (good with { BitDepth = 16, ColourType = 3 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "color type 5", (good with { ColourType = 5 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "interlace method 2", (good with { Interlace = 2 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "no palette", (good with { ColourType = 3 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "half of 16-bit rows", (good with { BitDepth = 16 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "no width", good.Assemble(0, 10, PngEncoder.Compress(rows)) },
            { "half of the rows", good.Assemble(20, 10, PngEncoder.Compress(rows[..330])) },
            { "filter 5", good.Assemble(20, 10, PngEncoder.Compress([5, .. rows[1..]])) },
            { "no zlib stream", good.Assemble(20, 10, [1, 2, 3, 4, 5, 6, 7, 8]) },
            { "a preset dictionary", good.Assemble(20, 10, [0x78, 0x20, 0, 0, 0, 1, 1, 2, 3]) },
            { "no pixels", good.Assemble(20, 10, []) },
        };
    }

    [Theory]
    [MemberData(nameof(BrokenPngs))]
    public void A_PNG_with_right_checksums_and_wrong_content_is_refused(string reason, byte[] png) => Refusal(png).Should().StartWith("it is damaged", reason);

    [Theory]
    [InlineData("jpeg RGB quality 80 subsampling 2")]
    [InlineData("jpeg RGB quality 85 subsampling 1 progressive")]
    [InlineData("png rgb 8 bits")]
    [InlineData("gif")]
    [InlineData("bmp 24 bits")]
    [InlineData("webp lossy")]
    [InlineData("webp lossless")]
    public void A_small_file_that_claims_a_huge_picture_is_refused_before_memory_is_taken(string name)
    {
        var file = ImageFixtures.Named(name).File;
        var (at, bytes) = Size(file);
        foreach (var side in new uint[] { 16_383, 65_500, 0x7FFF_FFFF })
        {
            var bomb = (byte[])file.Clone();
            foreach (var place in at)
            {
                Write(bomb.AsSpan(place, bytes), side, bigEndian: bomb[0] is 0xFF or 0x89);
            }

            Refusal(bomb[0] == 0x89 ? PngEncoder.WithRightChecksums(bomb) : bomb).Should().Match(
                message => message.Contains("above the limit of 134,217,728 pixels") || message.StartsWith("it is damaged"), "{0}", side);
        }
    }

    [Theory]
    [InlineData(11_585)]
    [InlineData(8_000)]
    public void A_picture_within_the_limit_that_so_few_bytes_cannot_hold_is_refused_before_memory_is_taken(int side)
    {
        Refusal(new PngEncoder().Assemble(side, side, PngEncoder.Compress(new byte[1000]))).Should().Contain($"bytes cannot hold {side}×{side} pixels.");

        var jpeg = (byte[])ImageFixtures.Named("jpeg RGB quality 85 subsampling 1 progressive").File.Clone();
        foreach (var place in Size(jpeg).At)
        {
            Write(jpeg.AsSpan(place, 2), (uint)side, bigEndian: true);
        }

        Refusal(jpeg).Should().Contain($"bytes cannot hold {side}×{side} pixels.");
    }

    [Theory]
    [InlineData(0xB1, "there is a marker in it that JPEG does not have.", "a marker that nobody defined")]
    [InlineData(0x01, "there is a marker in it that JPEG does not have.", "a marker of encoders, which never reaches a file")]
    [InlineData(0xC4, "it ends too early.", "a table whose length, 0xFFFF, goes beyond the end")]
    public void A_marker_among_the_pixels_is_refused_though_the_decoder_goes_on(int marker, string expected, string reason)
    {
        var jpeg = ImageFixtures.Named("jpeg RGB quality 95 subsampling 0").File;
        var scan = jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xDA]);
        byte[] damaged = [.. jpeg[..(scan + 40)], 0xFF, (byte)marker, 0xFF, 0xFF, .. jpeg[(scan + 44)..]];
        Refusal(damaged).Should().Be($"it is damaged: {expected}", reason);
    }

    [Theory]
    [InlineData("P6 1 1 255 abc", "it is a PNM;")]
    [InlineData("\0\0\0\u0018ftypheic", "it is a HEIC, AVIF or video file;")]
    [InlineData("II*\0....", "it is a TIFF or a camera's raw file;")]
    [InlineData("<!DOCTYPE html>", "it is SVG, HTML or XML;")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "it is a Git LFS pointer ('git lfs pull' brings the file);")]
    [InlineData("\0\0\u0001\0", "it is no picture of a known kind;")]
    public void Other_kinds_are_named_with_those_that_can_be_read(string content, string expected) =>
        Refusal(Encoding.Latin1.GetBytes(content)).Should().StartWith(expected).And.EndWith("; JPEG, PNG, WebP, GIF and BMP can be read.");

    [Theory]
    [InlineData("04010000" + "04020001", "it is damaged: it ends too early.", "the end after a row and four pixels; two more are missing")]
    [InlineData("06010000" + "0401", "it is damaged: it ends too early.", "cut off")]
    [InlineData("06010000" + "00030102030003020001", null, "three pixels as they are in an even number of bytes, then a run of three")]
    [InlineData("02010000" + "0002040002010001", null, "a row that ends early, and a jump to the last pixels of the next")]
    public void Runs_of_a_BMP_must_reach_its_last_pixel(string runs, string? expected, string reason)
    {
        // Width 6, height 2, 8 bits, palette of three.
        var header = Bmp(bits: 8, compression: 1, colors: 3);
        byte[] file = [.. header, .. new byte[12], .. Convert.FromHexString(runs)];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), header.Length + 12);

        if (expected is null)
        {
            ImageFile.Decode(file).shape.Should().Equal([3, 2, 6], reason);
        }
        else
        {
            Refusal(file).Should().Be(expected, reason);
        }
    }

    [Theory]
    [InlineData(8, 0, 257, "a palette of more colors than a byte has values")]
    [InlineData(9, 0, 0, "no depth of BMP")]
    [InlineData(1, 2, 2, "runs of four bits for pixels of one")]
    [InlineData(4, 1, 16, "runs of bytes for pixels of four bits")]
    [InlineData(8, 3, 0, "masks for a palette")]
    [InlineData(8, 0, 0, "no length of a header", 24)]
    public void A_header_that_BMP_does_not_allow_is_refused(int bits, int compression, int colors, string reason, int length = 40) =>
        Refusal([.. Bmp(bits, compression, colors, length), .. new byte[2000]]).Should().Be("its header is damaged, or that of an unusual BMP; save the picture as PNG.", reason);

    [Theory]
    [InlineData(32, "0000FF0000FF0000FF000100", "two pieces of blue")]
    [InlineData(32, "0000FF0000FFFF00FF000000", "a bit of red and green both")]
    [InlineData(32, "0000FF0000FF000000000000", "no blue")]
    [InlineData(32, "0000FF0000FF00007F000000", "seven bits of blue: the format allows them, no program writes them")]
    [InlineData(16, "00F80000C00700001F000000", "a gap between green and blue")]
    [InlineData(32, "0000FF0000FF0000FF000000000000F0", "four bits of alpha", 108)]
    public void Bit_masks_that_no_program_writes_are_refused(int bits, string masks, string reason, int length = 40) =>
        Refusal(BmpWithMasks(bits, masks, length)).Should().Be("its header is damaged, or that of an unusual BMP; save the picture as PNG.", reason);

    [Theory]
    [InlineData(16, "00F80000E00700001F000000", "00F8", "565")]
    [InlineData(16, "007C0000E00300001F000000", "007C", "555")]
    [InlineData(32, "0000FF0000FF0000FF000000", "0000FF00", "blue first")]
    [InlineData(32, "FF00000000FF00000000FF00", "FF000000", "red first")]
    [InlineData(32, "000000FF0000FF0000FF0000", "000000FF", "blue second")]
    [InlineData(32, "0000FF0000FF0000FF000000000000FF", "0000FFFF", "with alpha last", 108)]
    [InlineData(32, "000000FF0000FF0000FF0000FF000000", "FF0000FF", "with alpha first", 108)]
    public void The_masks_that_programs_write_are_read(int bits, string masks, string red, string reason, int length = 40)
    {
        var file = BmpWithMasks(bits, masks, length);
        for (var pixel = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(10)); pixel + (bits / 8) <= file.Length; pixel += bits / 8)
        {
            Convert.FromHexString(red).CopyTo(file.AsSpan(pixel));
        }

        using Tensor picture = ImageFile.Decode(file);

        picture.amax(1, 2).data<byte>().ToArray().Should().Equal([255, 0, 0], reason);
        picture.amin(1, 2).data<byte>().ToArray().Should().Equal([255, 0, 0], reason);
    }

    public void Dispose() => scope.Dispose();

    // Masks follow the short header, and are in the long ones.
    private static byte[] BmpWithMasks(int bits, string masks, int length = 40)
    {
        byte[] file = [.. Bmp(bits, compression: 3, colors: 0, length), .. Convert.FromHexString(masks), .. new byte[2000]];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), Math.Max(14 + length, 54 + (masks.Length / 2)));
        return file;
    }

    private static byte[] Bmp(int bits, int compression, int colors, int length = 40)
    {
        var header = new byte[54];
        "BM"u8.CopyTo(header);
        (int At, int Value)[] fields = [(14, length), (18, 6), (22, 2), (26, 1 + (bits << 16)), (30, compression), (46, colors)];
        foreach (var (at, value) in fields)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(at), value);
        }

        return header;
    }

    private static Tensor? TryDecode(byte[] bytes)
    {
        try
        {
            return ImageFile.Decode(bytes);
        }
        catch (DatasetException)
        {
            return null;
        }
    }

    private static string Refusal(byte[] bytes)
    {
        const string start = "'file' cannot be read: ";
        var message = FluentActions.Invoking(() => ImageFile.Decode(bytes, "file")).Should().Throw<DatasetException>().Which.Message;
        message.Should().StartWith(start).And.NotContain("\n");
        return message[start.Length..];
    }

    // Where width and height stand, and in how many bytes.
    private static (int[] At, int Bytes) Size(byte[] file)
    {
        if (file[0] != 0xFF)
        {
            return file[0] switch { 0x89 => ([16, 20], 4), (byte)'G' => ([6, 8], 2), (byte)'B' => ([18, 22], 4), _ => ([26, 28], 2) };
        }

        var frame = Math.Max(file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]), file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC2]));
        return ([frame + 5, frame + 7], 2);
    }

    private static void Write(Span<byte> at, uint value, bool bigEndian)
    {
        if (at.Length == 2)
        {
            var small = (ushort)Math.Min(value, ushort.MaxValue);
            BinaryPrimitives.WriteUInt16LittleEndian(at, bigEndian ? BinaryPrimitives.ReverseEndianness(small) : small);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(at, bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
        }
    }
}
