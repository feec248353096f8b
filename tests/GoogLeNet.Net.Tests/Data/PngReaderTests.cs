using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Data;

public sealed class PngReaderTests
{
    // Smooth in x and y, wraps around 256, differs by channel: every filter has work to do.
    private static byte Formula(int x, int y, int c) => (byte)(7 * x + 13 * y + 50 * c + x * y);

    [Theory]
    [InlineData(0, 17, 9, "None")]
    [InlineData(1, 17, 9, "Sub")]
    [InlineData(2, 17, 9, "Up")]
    [InlineData(3, 17, 9, "Average")]
    [InlineData(4, 17, 9, "Paeth")]
    [InlineData(-1, 300, 40, "all five in turn, across many IDAT chunks")]
    [InlineData(4, 1, 1, "one pixel: no left, no above")]
    public void Reads_back_every_pixel(int filter, int width, int height, string reason)
    {
        var png = new PngEncoder { Filter = filter, IdatBytes = 100 }.Encode(width, height, Formula);

        using var reader = new PngReader(new MemoryStream(png));
        (reader.Header.Width, reader.Header.Height).Should().Be((width, height));
        for (var y = 0; y < height; y++)
        {
            var expected = Enumerable.Range(0, width).SelectMany(x => new[] { Formula(x, y, 0), Formula(x, y, 1), Formula(x, y, 2) });
            reader.ReadRow().ToArray().Should().Equal(expected, "row {0} with filter {1}", y, reason);
        }
        reader.Finish();
    }

    [Fact]
    public void Checksum_is_the_published_one() =>
        Crc32.Append(Crc32.Append(0, "12345"u8), "6789"u8).Should().Be(0xCBF43926, "the CRC catalogue's check value of CRC-32/ISO-HDLC");

    [Fact]
    public void Refuses_a_flipped_bit_anywhere()
    {
        var png = new PngEncoder().Encode(20, 10, Formula);
        for (var bit = 0; bit < png.Length * 8; bit++)
        {
            png[bit / 8] ^= (byte)(1 << bit % 8);
            var read = () => ReadAll(png);
            read.Should().Throw<DatasetException>("bit {0} is flipped", bit);
            png[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public void Refuses_a_file_cut_anywhere()
    {
        var png = new PngEncoder().Encode(20, 10, Formula);
        for (var length = 0; length < png.Length; length++)
        {
            var read = () => ReadAll(png[..length]);
            read.Should().Throw<DatasetException>("only {0} of {1} bytes are there", length, png.Length);
        }
    }

    public static TheoryData<string, byte[]> Hostile()
    {
        var good = new PngEncoder();
        var rows = new byte[10 * (1 + 3 * 20)];
        byte[] filter5 = [5, .. rows[1..]];
        return new()
        {
            { "not a PNG file", "GIF89a, and more bytes"u8.ToArray() },
            { "header is impossible: bit depth 4, colour type 2", (good with { BitDepth = 4 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "header is impossible: bit depth 16, colour type 3", (good with { BitDepth = 16, ColourType = 3 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "header is impossible: bit depth 8, colour type 5", (good with { ColourType = 5 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "methods 0, 0, 2", (good with { Interlace = 2 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "it has no palette", (good with { ColourType = 3 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "pixels end in row 5 of 10", (good with { BitDepth = 16 }).Assemble(20, 10, PngEncoder.Compress(rows)) },
            { "outside 1 to 65536", good.Assemble(0, 10, PngEncoder.Compress(rows)) },
            { "outside 1 to 65536", good.Assemble(int.MaxValue, int.MaxValue, PngEncoder.Compress(rows)) },
            { "pixels end in row 5 of 10", good.Assemble(20, 10, PngEncoder.Compress(rows[..330])) },
            { "more than its 10 rows", good.Assemble(20, 10, PngEncoder.Compress([.. rows, 0])) },
            { "unknown filter 5", good.Assemble(20, 10, PngEncoder.Compress(filter5)) },
            { "compressed pixels are damaged", good.Assemble(20, 10, [1, 2, 3, 4, 5, 6, 7, 8]) },
            { "compressed pixels are damaged", good.Assemble(20, 10, [0x78, 0x20, 0, 0, 0, 1, 1, 2, 3]) }, // a preset dictionary, which PNG has not
            { "chunk IEND is not expected", good.Assemble(20, 10, []) },
        };
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Refuses_what_it_does_not_read_and_says_why(string why, byte[] png)
    {
        var read = () => ReadAll(png);
        read.Should().Throw<DatasetException>().WithMessage($"*{why}*");
    }

    private static void ReadAll(byte[] png)
    {
        using var reader = new PngReader(new MemoryStream(png));
        for (var y = 0; y < reader.Header.Height; y++)
        {
            reader.ReadRow();
        }

        reader.Finish();
    }
}
