using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Inception;

/// <summary>A safetensors file in memory: named tensors and text metadata.</summary>
/// <remarks>
/// The reader takes every valid file and refuses the rest: damage, holes and overlaps between tensors, bytes that no tensor owns. The
/// writer gives the same bytes for the same content, and adds a checksum that the reader verifies, so that a file which this
/// library wrote is refused when any bit of it has changed. Format: https://github.com/huggingface/safetensors.
/// </remarks>
internal sealed class SafeTensorsFile
{
    private SafeTensorsFile(IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, SafeTensor> tensors)
    {
        (Metadata, Tensors) = (metadata, tensors);
    }

    /// <summary>The file's text metadata, without the writer's checksum.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensor> Tensors { get; }

    /// <summary>Reads and verifies a file.</summary>
    /// <exception cref="ModelFileException">The file is damaged or not a safetensors file.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static SafeTensorsFile Read(string path)
    {
        using var stream = OpenFile(path);
        return Read(stream, path);
    }

    /// <summary>Reads and verifies a file from a stream, from its position to its end.</summary>
    /// <inheritdoc cref="Open"/>
    public static SafeTensorsFile Read(Stream stream, string name)
    {
        var file = Open(stream, name);
        return new SafeTensorsFile(file.Metadata, file.Tensors.Values.Select(tensor => tensor.InMemory()).ToDictionary(tensor => tensor.Name));
    }

    /// <summary>A file to be opened for <see cref="Open"/>.</summary>
    public static FileStream OpenFile(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0); // every read is a large piece of the file

    /// <summary>Verifies a file from a stream's position to its end. The elements of its tensors are read when they are asked for, while the stream is open, by one thread at a time.</summary>
    /// <param name="stream">A stream that can seek, so that a damaged length is seen before memory is taken for it.</param>
    /// <param name="name">What messages call the file.</param>
    /// <exception cref="ModelFileException">The content is damaged or not a safetensors file.</exception>
    public static SafeTensorsFile Open(Stream stream, string name)
    {
        long length = stream.Length - stream.Position;
        byte[] head = ReadHead(stream, length, name);
        var (metadata, extents) = SafeTensorsHeader.Parse(head.AsMemory(SafeTensorsHeader.LengthSize), name);
        extents = [.. extents.OrderBy(extent => extent.Begin).ThenBy(extent => extent.End)];
        SafeTensorsHeader.CheckLayout(extents, length - head.Length, name);

        long dataStart = stream.Position;
        if (SafeTensorsChecksum.RemoveFrom(metadata))
        {
            VerifyChecksum(head, stream, name);
        }

        return new SafeTensorsFile(metadata, extents.ToDictionary(extent => extent.Name, extent => new SafeTensor(extent.Name, extent.Type, extent.Shape, stream, dataStart + extent.Begin)));
    }

    /// <summary>Reads a file's text metadata alone; its checksum is not verified.</summary>
    /// <inheritdoc cref="Read(string)"/>
    internal static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        using var stream = OpenFile(path);
        var metadata = SafeTensorsHeader.Parse(ReadHead(stream, stream.Length, path).AsMemory(SafeTensorsHeader.LengthSize), path).Metadata;
        SafeTensorsChecksum.RemoveFrom(metadata);
        return metadata;
    }

    /// <summary>Writes a file whole or not at all: a temporary file in the same folder, flushed to the disk, then renamed.</summary>
    /// <param name="path">The file; one that exists is replaced, and stays as it was where writing fails.</param>
    /// <param name="metadata">Any text; the key <c>inception.checksum</c> is the writer's own.</param>
    /// <param name="tensors">Tensors with different names, in any order: the file's order is the format's.</param>
    /// <exception cref="ArgumentException">Two tensors of one name, a reserved metadata key, or text that has no UTF-8 form.</exception>
    /// <exception cref="IOException">The disk is full, or the folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, string> metadata, IEnumerable<SafeTensor> tensors)
    {
        (byte[] head, SafeTensor[] ordered) = Prepare(metadata, tensors);
        AtomicFile.Write(path, stream => Write(stream, head, ordered));
    }

    /// <summary>Writes a file's bytes to a stream.</summary>
    /// <inheritdoc cref="Write(string, IReadOnlyDictionary{string, string}, IEnumerable{SafeTensor})"/>
    /// <param name="stream">Where to; it stays open.</param>
    /// <param name="metadata">Any text; the key <c>inception.checksum</c> is the writer's own.</param>
    /// <param name="tensors">Tensors with different names, in any order: the file's order is the format's.</param>
    public static void Write(Stream stream, IReadOnlyDictionary<string, string> metadata, IEnumerable<SafeTensor> tensors)
    {
        (byte[] head, SafeTensor[] ordered) = Prepare(metadata, tensors);
        Write(stream, head, ordered);
    }

    private static byte[] ReadHead(Stream stream, long length, string name)
    {
        if (length < SafeTensorsHeader.LengthSize)
        {
            throw new ModelFileException(name, $"{length} bytes are too few for a safetensors file");
        }

        Span<byte> prefix = stackalloc byte[SafeTensorsHeader.LengthSize];
        stream.ReadExactly(prefix);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafeTensorsHeader.MaxLength && (OtherKind(prefix) ?? ProtobufKind(prefix)) is { } kind)
        {
            var advice = kind.Contains("PyTorch", StringComparison.Ordinal) ? "; LoadTorchWeights and GoogLeNet.LoadTorch in Inception.Interop read PyTorch's"
                : kind.Contains("Caffe", StringComparison.Ordinal) ? "; GoogLeNet.LoadCaffe in Inception.Interop reads Caffe's" : "";
            throw new ModelFileException(name, $"it is {kind}, and no safetensors file{advice}");
        }

        if (headerLength > SafeTensorsHeader.MaxLength)
        {
            throw new ModelFileException(name, $"the header's length is {headerLength}, over the format's {SafeTensorsHeader.MaxLength}");
        }

        if ((long)headerLength > length - SafeTensorsHeader.LengthSize)
        {
            throw new ModelFileException(name, $"the header's {headerLength} bytes go beyond the end of the file");
        }

        byte[] head = new byte[SafeTensorsHeader.LengthSize + (int)headerLength];
        prefix.CopyTo(head);
        stream.ReadExactly(head.AsSpan(SafeTensorsHeader.LengthSize));
        return head;
    }

    /// <summary>What people hand over instead, by its first eight bytes; none of them is a header's length.</summary>
    internal static string? OtherKind(ReadOnlySpan<byte> prefix) =>
        prefix.StartsWith("version "u8) ? "a Git LFS pointer ('git lfs pull' brings the file)"
        : prefix.StartsWith("PK\x03\x04"u8) ? "a zip archive, as PyTorch's .pth and .pt or Keras's .keras"
        : prefix is [0x89, (byte)'H', (byte)'D', (byte)'F', ..] ? "an HDF5 file, as Keras's .h5"
        : prefix is [0x80, >= 2 and <= 5, ..] ? "a Python pickle, as PyTorch's older .pth"
        : prefix.StartsWith("GGUF"u8) ? "a GGUF file"
        : prefix.TrimStart((byte)' ') is [(byte)'<', ..] ? "HTML or XML, perhaps the page of a download that failed"
        : null;

    // What begins with a name, or with a version and a producer.
    private static string? ProtobufKind(ReadOnlySpan<byte> prefix) =>
        prefix is [0x0A, < 0x80, > 0x1F and < 0x7F, > 0x1F and < 0x7F, > 0x1F and < 0x7F, ..] ? "a protobuf file, as Caffe's .caffemodel"
        : prefix is [0x08, < 0x20, 0x12, ..] ? "a protobuf file, as ONNX's .onnx"
        : null;

    private static void VerifyChecksum(byte[] head, Stream stream, string name)
    {
        Span<byte> digits = SafeTensorsChecksum.Digits(head);
        byte[] stored = digits.ToArray();
        digits.Fill((byte)'0');
        if (!SafeTensorsChecksum.Compute(head, ToEnd(stream)).AsSpan().SequenceEqual(stored))
        {
            throw new ModelFileException(name, "the checksum differs: the file is damaged, or another program changed it");
        }
    }

    // Each piece is valid until the next.
    private static IEnumerable<ReadOnlyMemory<byte>> ToEnd(Stream stream)
    {
        byte[] buffer = new byte[1 << 18];
        while (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) is > 0 and var count)
        {
            yield return buffer.AsMemory(0, count);
        }
    }

    private static (byte[] Head, SafeTensor[] Tensors) Prepare(IReadOnlyDictionary<string, string> metadata, IEnumerable<SafeTensor> tensors)
    {
        foreach ((string key, string value) in metadata)
        {
            if (SafeTensorsChecksum.Resembles(key, value))
            {
                throw new ArgumentException($"The metadata entry '{key}' looks like the checksum that the writer adds.", nameof(metadata));
            }
        }

        SafeTensor[] ordered = [.. tensors.OrderByDescending(tensor => tensor.Type.Size()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        if (ordered.GroupBy(tensor => tensor.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"There are {twice.Count()} tensors named '{twice.Key}'.", nameof(tensors));
        }

        byte[] head = SafeTensorsHeader.Build(metadata, ordered);
        SafeTensorsChecksum.Compute(head, ordered.Select(tensor => tensor.Data)).CopyTo(SafeTensorsChecksum.Digits(head));
        return (head, ordered);
    }

    private static void Write(Stream stream, byte[] head, SafeTensor[] tensors)
    {
        stream.Write(head);
        foreach (SafeTensor tensor in tensors)
        {
            stream.Write(tensor.Data.Span);
        }
    }
}

/// <summary>
/// The checksum that the writer adds to a file's metadata: SHA-256 of the whole file, length prefix and header included, taken
/// while the 64 hexadecimal digits themselves read as zeros. To other programs it is one more metadata string.
/// </summary>
/// <remarks>
/// Key and value are each recognized alone. A flipped bit in one leaves the other, so damage can't make a checksum go unnoticed.
/// </remarks>
internal static class SafeTensorsChecksum
{
    public const string Key = "inception.checksum";
    public const string Prefix = "inception.sha256:";
    public const int DigitCount = SHA256.HashSizeInBytes * 2;

    private static readonly byte[] Start = Encoding.ASCII.GetBytes($"\"{Key}\":\"{Prefix}");

    public static readonly string Blank = Prefix + new string('0', DigitCount);

    /// <summary>True where a metadata entry is a checksum, or was one before it was damaged.</summary>
    public static bool Resembles(string key, string value) => key == Key || value.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Removes checksums from a file's metadata.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool RemoveFrom(Dictionary<string, string> metadata)
    {
        var entries = metadata.Where(entry => Resembles(entry.Key, entry.Value)).ToList();
        entries.ForEach(entry => metadata.Remove(entry.Key));
        return entries.Count > 0;
    }

    /// <summary>The digits' bytes in a file; none where the entry is not as the writer writes it.</summary>
    /// <param name="head">The length prefix and the header.</param>
    public static Span<byte> Digits(Span<byte> head)
    {
        int entry = head.IndexOf(Start);
        var rest = entry < 0 ? [] : head[(entry + Start.Length)..];
        return rest.IndexOf((byte)'"') == DigitCount ? rest[..DigitCount] : [];
    }

    /// <summary>The digits of a file whose digits have been zeroed in <paramref name="head"/>.</summary>
    public static byte[] Compute(ReadOnlySpan<byte> head, IEnumerable<ReadOnlyMemory<byte>> tensorsInFileOrder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        foreach (var data in tensorsInFileOrder)
        {
            hash.AppendData(data.Span);
        }

        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
