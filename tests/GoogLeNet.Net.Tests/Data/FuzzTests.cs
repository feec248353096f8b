using System.IO.Compression;
using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

/// <summary>
/// Randomly damaged input of every kind: it is read correctly or refused with the library's own exception and one line, soon and in little
/// memory. Every case is a function of its seed, which a failure names. FUZZ_ROUNDS multiplies the cases.
/// </summary>
[Collection(TorchCollection.Name)]
public sealed class FuzzTests : IDisposable
{
    private const long MostMemory = 64 << 20;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20); // a case takes milliseconds; the machine may be busy
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_ROUNDS"), out var rounds) ? rounds : 1;
    private readonly StoreFixture store = new();

    public static TheoryData<string, int> Pictures() => new()
    {
        { "png", 400 }, { "webp", 200 }, { "gif", 200 }, { "bmp", 200 }, { "jpeg", 200 },
    };

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Damaged_pictures(string kind, int cases)
    {
        var valid = ImageFixtures.All.Decoded.Where(fixture => fixture.Name.StartsWith(kind, StringComparison.Ordinal)).ToList();
        Run(cases, random =>
        {
            var fixture = valid[random.Next(valid.Count)];
            var (damaged, intact) = DamagedPicture(fixture, random);
            Action read = () =>
            {
                var image = ImageFile.Decode(damaged, "damaged");
                image.shape.Should().HaveCount(3);
                if (intact)
                {
                    ImageFixtures.Interleaved(image).Should().Equal(fixture.Rgb, "its checksums hold");
                }
            };
            return read;
        });
    }

    [Fact]
    public void Random_bytes_with_the_right_beginning()
    {
        byte[][] beginnings = [[137, 80, 78, 71, 13, 10, 26, 10], [0xFF, 0xD8, 0xFF], "GIF89a"u8.ToArray(), "BM"u8.ToArray(), "RIFF\0\0\0\0WEBPVP8L"u8.ToArray(), []];
        Run(150, random =>
        {
            var rest = new byte[random.Next(400)];
            random.NextBytes(rest);
            byte[] bytes = [.. beginnings[random.Next(beginnings.Length)], .. rest];
            return () => ImageFile.Decode(bytes, "random");
        });
    }

    [Fact]
    public void Damaged_image_folders() => Run(60, random =>
    {
        var root = NewFolder();
        var pictures = ImageFixtures.All.Decoded;
        for (var i = random.Next(8); i > 0; i--)
        {
            var folder = Directory.CreateDirectory(Path.Combine(root, $"class{random.Next(3)}", random.Next(6) == 0 ? "below" : "")).FullName;
            var bytes = pictures[random.Next(pictures.Count)].File;
            File.WriteAllBytes(Path.Combine(folder, $"{(random.Next(9) == 0 ? "." : "")}{i}.png"), random.Next(3) == 0 ? Damage.Of(bytes, random) : bytes);
        }

        var options = new ImageFolderOptions { SkipDamaged = random.Next(2) == 0, Fit = (ImageFit)random.Next(2) };
        return () =>
        {
            using var data = ImageFolderDataset.Load(root, 8, options);
            data.Files.Should().HaveCount((int)data.Count).And.OnlyContain(path => File.Exists(path));
            data.Images.shape.Should().Equal(data.Count, 3, 8, 8);
        };
    });

    [Fact]
    public void Damaged_record_folders() => Run(150, random =>
    {
        var root = NewFolder();
        store.Fake.WriteFiles(root);
        var path = Path.Combine(root, FakeCifar.Names[random.Next(6)]);
        File.WriteAllBytes(path, Damage.Of(File.ReadAllBytes(path), random));
        return () => ReadCorrectly(sink => new GivenFolder(root, "test").Read(store.Fake.Manifest, sink, default));
    });

    [Fact]
    public void Damaged_archives() => Run(150, random =>
    {
        var archive = Path.Combine(NewFolder(), "cifar-10-binary.tar.gz");
        var damaged = DamagedTarGz(store.Fake.Archive, random);
        File.WriteAllBytes(archive, damaged);

        // Its own sum is made the expected one, so that what comes after the sum is tested.
        var spec = store.Fake.Manifest.Archive with { Bytes = damaged.Length, Sha256 = FakeCifar.Sum(damaged) };
        var manifest = store.Fake.Manifest with { Archive = spec };
        return () => ReadCorrectly(sink => new GivenFolder(archive, "test").Read(manifest, sink, default));
    });

    [Fact]
    public void Damaged_npm_packages()
    {
        var package = store.Fake.NpmTarball();
        Run(150, random =>
        {
            var root = NewFolder();
            var tarball = Path.Combine(root, "package.tgz");
            File.WriteAllBytes(tarball, DamagedTarGz(package, random));
            return () =>
            {
                NpmTarball.Convert(tarball, root, store.Fake.Manifest, default);
                ReadCorrectly(sink => RecordReader.ReadFolder(root, store.Fake.Manifest, sink, default));
            };
        });
    }

    public void Dispose() => store.Dispose();

    private static void Run(int cases, Func<Random, Action> prepare)
    {
        for (var seed = 0; seed < cases * Rounds; seed++)
        {
            var read = prepare(new Random(seed));
            var running = Task.Run(() => Outcome(read));
            running.Wait(Deadline).Should().BeTrue("seed {0} must not hang", seed);
            running.Result.Should().BeNull("of seed {0}", seed);
        }
    }

    // Null where the case went as it should.
    private static string? Outcome(Action read)
    {
        using var scope = NewDisposeScope();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
        }
        catch (DatasetException e) when (!e.Message.Contains('\n'))
        {
        }
        catch (Exception e)
        {
            return e.ToString();
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated < MostMemory ? null : $"it took {allocated:N0} bytes";
    }

    private void ReadCorrectly(Action<ArraySink> read)
    {
        var sink = new ArraySink();
        read(sink);
        for (var file = 0; file < 6; file++)
        {
            sink.LabelArrays[file].Should().Equal(store.Fake.Files[file].Chunk(3073).Select(record => (long)record[0]));
            sink.PixelArrays[file].AsSpan().SequenceEqual(store.Fake.Files[file].Chunk(3073).SelectMany(record => record[1..]).ToArray()).Should().BeTrue();
        }
    }

    private string NewFolder() => Directory.CreateDirectory(store.Folder(Guid.NewGuid().ToString("N"))).FullName;

    // Half of the damaged PNGs get right checksums again, so that what comes after the checksums is tested.
    private static (byte[] Bytes, bool Intact) DamagedPicture(DecodedFixture fixture, Random random)
    {
        var damaged = Damage.Of(fixture.File, random);
        var isPng = fixture.Name.StartsWith("png", StringComparison.Ordinal);
        return isPng && random.Next(2) == 0 ? (PngEncoder.WithRightChecksums(damaged), false) : (damaged, isPng);
    }

    // Half are damaged inside the compression, which gzip's own checksum would else catch.
    private static byte[] DamagedTarGz(byte[] archive, Random random)
    {
        if (random.Next(2) == 0)
        {
            return Damage.Of(archive, random);
        }

        var tar = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress))
        {
            gzip.CopyTo(tar);
        }

        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Damage.Of(tar.ToArray(), random));
        }

        return packed.ToArray();
    }
}
