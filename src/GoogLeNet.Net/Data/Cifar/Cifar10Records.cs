using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Reads a record file into pixels and labels and checks its length and SHA-256 on the way.</summary>
internal static class RecordReader
{
    private const int RecordsAtOnce = 128;

    /// <summary>Reads all record files of <paramref name="folder"/>, several at once. Reports the first bad one.</summary>
    public static void ReadFolder(string folder, Cifar10Manifest manifest, IRecordSink sink, CancellationToken cancellationToken)
    {
        var failures = new DatasetException?[manifest.Files.Count];
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, failures.Length, parallel, i =>
        {
            try
            {
                ReadFile(Path.Combine(folder, manifest.Files[i].Name), manifest, i, sink);
            }
            catch (DatasetException e)
            {
                failures[i] = e;
            }
        });
        if (failures.FirstOrDefault(f => f is not null) is { } first)
        {
            throw first;
        }
    }

    /// <summary>Reads one file's records from a stream that holds exactly them; <paramref name="path"/> is for messages.</summary>
    public static void Read(Stream stream, string path, Cifar10Manifest manifest, int file, IRecordSink sink)
    {
        var pixels = sink.Pixels(file);
        var labels = sink.Labels(file);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[RecordsAtOnce * Cifar10Manifest.RecordBytes];
        for (var done = 0; done < manifest.RecordsPerFile;)
        {
            var records = Math.Min(RecordsAtOnce, manifest.RecordsPerFile - done);
            var chunk = buffer.AsSpan(0, records * Cifar10Manifest.RecordBytes);
            if (stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false) < chunk.Length)
            {
                throw new DatasetException($"'{path}' ends before record {done + records} of {manifest.RecordsPerFile}.");
            }

            sha256.AppendData(chunk);
            for (var i = 0; i < records; i++, done++)
            {
                var record = chunk.Slice(i * Cifar10Manifest.RecordBytes, Cifar10Manifest.RecordBytes);
                if (record[0] >= Cifar10.ClassNames.Count)
                {
                    throw new DatasetException(
                        $"'{path}' is damaged: the label at byte {(long)done * Cifar10Manifest.RecordBytes:N0} is {record[0]}; 0 to 9 expected.");
                }

                labels[done] = record[0];
                record[1..].CopyTo(pixels[(done * Cifar10Manifest.PixelBytes)..]);
            }
        }
        CheckSum(Convert.ToHexStringLower(sha256.GetHashAndReset()), path, manifest, file);
    }

    private static void ReadFile(string path, Cifar10Manifest manifest, int file, IRecordSink sink)
    {
        try
        {
            // Before opening, which would wait for ever at a pipe.
            var length = Files.LengthOf(path);
            if (length != manifest.FileBytes)
            {
                throw WrongLength(path, length, manifest.FileBytes);
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);

            Read(stream, path, manifest, file, sink);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DatasetException($"'{path}' is missing ({manifest.FileBytes:N0} bytes expected).", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not DatasetException)
        {
            throw new DatasetException($"'{path}' cannot be read: {Failure.Reason(e)}", e);
        }
    }

    private static DatasetException WrongLength(string path, long found, long expected) => new(
        $"'{path}' has {found:N0} bytes; a CIFAR-10 file has {expected:N0}: it is {(found < expected ? "truncated" : "too long")}.");

    private static void CheckSum(string found, string path, Cifar10Manifest manifest, int file)
    {
        var expected = manifest.Files[file].Sha256;
        if (found == expected)
        {
            return;
        }

        var twin = manifest.Files.FirstOrDefault(f => f.Sha256 == found);
        throw new DatasetException($"'{path}' has SHA-256 {found}; {expected} expected: it is "
            + (twin is null ? "damaged or has been changed." : $"{twin.Name} under another name."));
    }
}

/// <summary>The memory that records are read into: for each file its pixels, 3,072 bytes a record, and its labels.</summary>
internal interface IRecordSink
{
    Span<byte> Pixels(int file);

    Span<long> Labels(int file);
}

/// <summary>The memory of two pairs of tensors on the CPU, in no dispose scope: one pair for the training files, one for the test file.</summary>
internal sealed class TensorSink(Cifar10Manifest manifest) : IRecordSink, IDisposable
{
    private readonly int trainFiles = manifest.Files.Count - 1;

    public Tensor TrainImages { get; } = NewImages((manifest.Files.Count - 1) * manifest.RecordsPerFile);

    public Tensor TrainLabels { get; } = NewLabels((manifest.Files.Count - 1) * manifest.RecordsPerFile);

    public Tensor TestImages { get; } = NewImages(manifest.RecordsPerFile);

    public Tensor TestLabels { get; } = NewLabels(manifest.RecordsPerFile);

    public Span<byte> Pixels(int file) => Slice(TrainImages, TestImages, file, manifest.RecordsPerFile * Cifar10Manifest.PixelBytes);

    public Span<long> Labels(int file) =>
        MemoryMarshal.Cast<byte, long>(Slice(TrainLabels, TestLabels, file, manifest.RecordsPerFile * sizeof(long)));

    public void Dispose()
    {
        TrainImages.Dispose();
        TrainLabels.Dispose();
        TestImages.Dispose();
        TestLabels.Dispose();
    }

    private Span<byte> Slice(Tensor train, Tensor test, int file, int bytes) =>
        file < trainFiles ? train.bytes.Slice(file * bytes, bytes) : test.bytes;

    private static Tensor NewImages(long count) =>
        empty(count, 3, Cifar10Manifest.Side, Cifar10Manifest.Side, dtype: ScalarType.Byte, device: CPU).DetachFromDisposeScope();

    private static Tensor NewLabels(long count) => empty(count, dtype: ScalarType.Int64, device: CPU).DetachFromDisposeScope();
}
