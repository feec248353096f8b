using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Inception.Data;

namespace Inception.Tests.Data;

/// <summary>A small stand-in for CIFAR-10: six files of 20 records, in every form that the sources deliver, with its own sums.</summary>
internal sealed class FakeCifar
{
    public const int Records = 20;
    public static readonly string[] Names = ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"];

    public FakeCifar()
    {
        Files = [.. Enumerable.Range(0, Names.Length).Select(FileBytes)];
        Archive = Tar([.. Names.Select((name, i) => File($"cifar-10-batches-bin/{name}", Files[i])), File("cifar-10-batches-bin/readme.html", new byte[10])]);
        Manifest = Cifar10Manifest.Official with
        {
            RecordsPerFile = Records,
            Files = [.. Names.Select((name, i) => new RecordFileSpec(name, Sum(Files[i])))],
            Archive = new(new Uri("http://127.0.0.1:9/cifar.tar.gz"), "cifar-10-binary.tar.gz", Archive.Length, Sum(Archive)),
        };
    }

    public byte[][] Files { get; }

    public byte[] Archive { get; }

    public Cifar10Manifest Manifest { get; init; }

    /// <summary>Label of record r of file f.</summary>
    public static byte Label(int file, int record) => (byte)((record + file) % 10);

    /// <summary>Byte p (plane, row, column) of record r of file f: noise, so that the archive does not shrink.</summary>
    public static byte Pixel(int file, int record, int p)
    {
        var hash = (uint)((file * Records + record) * 3072 + p) * 2654435761u;
        return (byte)((hash ^ (hash >> 15)) * 0x85EBCA6Bu >> 24);
    }

    public static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public void WriteFiles(string folder)
    {
        Directory.CreateDirectory(folder);
        for (var i = 0; i < Names.Length; i++)
        {
            System.IO.File.WriteAllBytes(Path.Combine(folder, Names[i]), Files[i]);
        }
    }

    /// <summary>The npm package: PNG with one image a row, labels last.</summary>
    public byte[] NpmTarball(string? trainLabels = null, Func<int, byte[]>? png = null)
    {
        var all = Enumerable.Range(0, 6).SelectMany(f => Enumerable.Range(0, Records).Select(r => Label(f, r))).ToArray();
        var entries = Names.Select((name, f) => File($"package/{Path.ChangeExtension(name, ".png")}", png?.Invoke(f) ?? Png(f))).ToList();
        entries.Add(File("package/test_lables.json", Encoding.ASCII.GetBytes($"[{string.Join(",", all[^Records..])}]")));
        entries.Add(File("package/train_lables.json", Encoding.ASCII.GetBytes(trainLabels ?? $"[{string.Join(",", all[..^Records])}]")));
        return Tar(entries);
    }

    public static byte[] Png(int file) =>
        new PngEncoder { Filter = file % 5 }.Encode(1024, Records, (x, y, c) => Pixel(file, y, c * 1024 + x));

    /// <summary>In a format whose bytes are the same at any time and in any process; pax writes both into its headers.</summary>
    public static TarEntry File(string name, byte[] content) =>
        new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), ModificationTime = DateTimeOffset.UnixEpoch };

    public static byte[] Tar(IReadOnlyList<TarEntry> entries)
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(new GZipStream(bytes, CompressionLevel.Fastest)))
        {
            foreach (var entry in entries)
            {
                tar.WriteEntry(entry);
            }
        }
        return bytes.ToArray();
    }

    private static byte[] FileBytes(int file) =>
        [.. Enumerable.Range(0, Records).SelectMany(r => Enumerable.Range(0, 3072).Select(p => Pixel(file, r, p)).Prepend(Label(file, r)))];
}
