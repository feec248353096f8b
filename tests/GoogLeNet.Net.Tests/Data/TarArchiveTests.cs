using System.IO.Compression;
using System.Text;
using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Data;

/// <summary>Archives that lie about sizes, and archives that unpack without end.</summary>
public sealed class TarArchiveTests : IDisposable
{
    private const long Terabytes = 8L << 40;
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("wanted", '0', "wanted in the archive has 8,796,093,022,208 bytes; 1 to 100 expected.")]
    [InlineData("other", '0', "cannot be unpacked")]
    [InlineData("other", 'x', "an extended header of 8,796,093,022,208 bytes; at most 65,536 expected.")]
    [InlineData("other", 'g', "an extended header of 8,796,093,022,208 bytes; at most 65,536 expected.")]
    [InlineData("other", 'L', "an extended header of 8,796,093,022,208 bytes; at most 65,536 expected.")]
    public void A_declared_size_of_terabytes_is_refused_without_allocating_it(string name, char type, string expected)
    {
        Write(Header(name, type, Terabytes), new byte[5000]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refusal().Should().Contain(expected);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(16 << 20);
    }

    [Theory]
    [InlineData(64 << 20, "a file that is not wanted")]
    [InlineData(0, "nothing but ends of the archive")]
    public void A_small_archive_that_unpacks_without_end_is_stopped(int size, string reason)
    {
        Write(Header("other", '0', size), new byte[64 << 20]);
        new FileInfo(folder["a.tgz"]).Length.Should().BeLessThan(1 << 20);
        Refusal(mostBytes: 1 << 20).Should().Contain(size > 0 ? "it unpacks to more than 1,048,576 bytes." : "lacks wanted; it holds other.", reason);
    }

    [Fact]
    public void A_file_of_the_right_name_and_size_is_read()
    {
        Write(Header("wanted", '0', 5), [.. "hello"u8, .. new byte[507 + 1024]]);
        var content = "";
        TarArchive.Read(folder["a.tgz"], Wanted, (_, stream) => content = new StreamReader(stream).ReadToEnd(), default);
        content.Should().Be("hello");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(511)]
    public void Headers_are_seen_whole_in_whatever_pieces_the_archive_comes(int piece)
    {
        byte[] archive = [.. Header("other", '0', 5), .. "hello"u8, .. new byte[507], .. Header("other", 'x', Terabytes), .. new byte[1024]];
        using var guard = new TarGuard(new PieceStream(archive, piece), TarArchive.MostBytes);
        using var read = new MemoryStream();

        guard.Invoking(stream => stream.CopyTo(read)).Should().Throw<DatasetException>().WithMessage("*an extended header of 8,796,093,022,208 bytes*");

        read.ToArray().Should().Equal(archive[..1024], "what comes before it is passed on");
    }

    public void Dispose() => folder.Dispose();

    private static Dictionary<string, SizeRange> Wanted => new() { ["wanted"] = new SizeRange(1, 100) };

    private string Refusal(long mostBytes = TarArchive.MostBytes)
    {
        var read = () => TarArchive.Read(folder["a.tgz"], Wanted, (_, stream) => stream.CopyTo(Stream.Null), default, mostBytes);
        return read.Should().Throw<DatasetException>().Which.Message;
    }

    private void Write(byte[] header, byte[] content)
    {
        using var gzip = new GZipStream(File.Create(folder["a.tgz"]), CompressionLevel.Fastest);
        gzip.Write(header);
        gzip.Write(content);
    }

    // A ustar header by POSIX.1-1988; sizes above eight octal gigabytes in GNU's base 256.
    private static byte[] Header(string name, char type, long size)
    {
        var header = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        "0000644\00000000\00000000\0"u8.CopyTo(header.AsSpan(100));
        if (size < 1L << 33)
        {
            Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(header, 124);
        }
        else
        {
            header[124] = 0x80;
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), size);
        }

        "00000000000\0        "u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)type;
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        return header;
    }

    // Gives a few bytes at a time, as a decompression may.
    private sealed class PieceStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, piece)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));
    }
}
