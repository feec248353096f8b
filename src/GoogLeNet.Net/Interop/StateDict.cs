using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using static TorchSharp.torch;

namespace Inception.Interop;

/// <summary>The tensors of a PyTorch file by name. The file stays open until it is disposed; elements are read when they are asked for.</summary>
internal sealed class StateDict : IDisposable
{
    // A state dict of a thousand tensors has a pickle of about 200 kB.
    private const int MaxPickleBytes = 1 << 24;

    // Under which names checkpoints keep the network, and what wrappers put before every key.
    private static readonly string[] Nested = ["state_dict", "model_state_dict", "model"];
    private static readonly string[] Wrappers = ["module.", "_orig_mod."];

    private const string BigEndian = "its numbers are big-endian, which is not read";

    private readonly IContainer container;
    private readonly string path;

    private StateDict(IContainer container, string path, IReadOnlyDictionary<string, TorchTensor> tensors) =>
        (this.container, this.path, Tensors) = (container, path, tensors);

    /// <summary>Where storages are in a file.</summary>
    private interface IContainer : IDisposable
    {
        /// <summary>Fills <paramref name="elements"/>, which has the storage's length. Null, or what is wrong with the file.</summary>
        string? Read(TorchStorage storage, Span<byte> elements);
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TorchTensor> Tensors { get; }

    /// <summary>Opens a file of <c>torch.save</c>, in the zip form or the one before PyTorch 1.6.</summary>
    /// <exception cref="ModelFileException">It is another file, is damaged, or holds something else than tensors.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static StateDict Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            Span<byte> start = stackalloc byte[LegacyFile.Magic.Length];
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            stream.Position = 0;
            var (container, content) = start.StartsWith("PK\x03\x04"u8) ? ZipFile.Open(stream, path)
                : start.SequenceEqual(LegacyFile.Magic) ? LegacyFile.Open(stream, path)
                : throw new ModelFileException(path, $"it is {Kind(start)}, and no file of torch.save");
            return new StateDict(container, path, Find(content, path));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Copies tensors of the file, whole or not at all, into tensors of the same shapes, whatever their types, strides and devices.</summary>
    /// <exception cref="ModelFileException">The file is damaged; nothing was copied.</exception>
    public void CopyTo(IReadOnlyDictionary<string, Tensor> targets)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var storages = targets.Keys.Select(key => Tensors[key].Storage).Distinct().ToDictionary(storage => storage, Read);
        foreach (var (key, target) in targets)
        {
            var tensor = Tensors[key];
            target.copy_(storages[tensor.Storage].as_strided(tensor.Shape, tensor.Strides, tensor.Offset));
        }
    }

    public void Dispose() => container.Dispose();

    private static string Kind(ReadOnlySpan<byte> start) =>
        start.IsEmpty ? "empty"
        : start is [_, _, _, _, _, _, _, _, (byte)'{', ..] ? "a safetensors file, which LoadWeights and GoogLeNet.Load read"
        : start[0] == 0x80 ? "a Python pickle that torch.save did not write, or a damaged file"
        : SafeTensorsFile.OtherKind(start) ?? "a file of another kind";

    private Tensor Read(TorchStorage storage)
    {
        if (storage.Bytes > Array.MaxLength)
        {
            throw new ModelFileException(path, $"the storage '{storage.Key}' has {storage.Bytes:N0} bytes, more than the {Array.MaxLength:N0} that can be read");
        }

        var elements = empty(storage.Count, dtype: storage.Type);
        return container.Read(storage, storage.Count == 0 ? [] : elements.bytes) is { } problem ? throw new ModelFileException(path, problem) : elements;
    }

    // The dictionary of tensors in what was saved: itself, or the network's part of a checkpoint.
    private static Dictionary<string, TorchTensor> Find(object? content, string path)
    {
        for (var depth = 0; depth <= Nested.Length && content is Dictionary<string, object?> entries; depth++)
        {
            var tensors = entries.Where(entry => entry.Value is TorchTensor).ToDictionary(entry => entry.Key, entry => (TorchTensor)entry.Value!);
            if (tensors.Count > 0)
            {
                return Unwrapped(tensors);
            }

            content = Nested.Select(name => entries.GetValueOrDefault(name)).FirstOrDefault(value => value is Dictionary<string, object?>);
        }

        throw new ModelFileException(path, "it holds no dictionary of tensors; save the state dict: torch.save(model.state_dict(), path)");
    }

    private static Dictionary<string, TorchTensor> Unwrapped(Dictionary<string, TorchTensor> tensors) =>
        Wrappers.FirstOrDefault(wrapper => tensors.Keys.All(key => key.StartsWith(wrapper, StringComparison.Ordinal))) is { } prefix
            ? Unwrapped(tensors.ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value)) : tensors;

    // A pickle in a folder of a zip archive, and beside it a file for each storage. What torch.save does not do is refused: compression, with which few bytes would fill any memory.
    private sealed class ZipFile(ZipArchive archive, string root) : IContainer
    {
        private readonly string root = root;

        public static (IContainer Container, object? Content) Open(Stream stream, string path)
        {
            try
            {
                var archive = new ZipArchive(stream, ZipArchiveMode.Read);
                if (archive.Entries.Any(entry => entry.Name == "constants.pkl"))
                {
                    throw new ModelFileException(path, "it is a TorchScript program, and no state dict; in Python, torch.save(torch.jit.load(path).state_dict(), other) writes one");
                }

                var pickle = archive.Entries.FirstOrDefault(entry => entry.Name == "data.pkl" && entry.FullName.Count(c => c == '/') == 1)
                    ?? throw new ModelFileException(path, "it is a zip archive that torch.save did not write: it has no data.pkl");
                if (pickle.Length > MaxPickleBytes)
                {
                    throw new ModelFileException(path, $"its pickle has {pickle.Length:N0} bytes; that of a state dict has at most {MaxPickleBytes:N0}");
                }

                var file = new ZipFile(archive, pickle.FullName[..^pickle.Name.Length]);
                if (archive.GetEntry($"{file.root}byteorder") is { Length: not 6 })
                {
                    throw new ModelFileException(path, BigEndian);                                      // "big", where others say "little"
                }

                var bytes = new byte[pickle.Length];
                if (file.Read(pickle.Name, bytes) is { } damage)
                {
                    throw new ModelFileException(path, damage);
                }

                var reader = new PickleReader(bytes, path);
                var content = reader.Read();
                return reader.Storages.Values.Select(file.Problem).FirstOrDefault(wrong => wrong is not null) is { } problem
                    ? throw new ModelFileException(path, problem) : (file, content);
            }
            catch (InvalidDataException e)
            {
                throw new ModelFileException(path, $"it is a zip archive that is damaged or truncated ({e.Message.TrimEnd('.')})", e);
            }
        }

        public string? Read(TorchStorage storage, Span<byte> elements) => Read(NameOf(storage), elements);

        public void Dispose() => archive.Dispose();

        private static string NameOf(TorchStorage storage) => $"data/{storage.Key}";

        private string? Problem(TorchStorage storage) =>
            archive.GetEntry(root + NameOf(storage)) is not { } entry ? $"the storage '{storage.Key}' is missing: the file is damaged"
            : entry.Length != storage.Bytes ? $"the storage '{storage.Key}' has {entry.Length:N0} bytes; {storage.Bytes:N0} expected"
            : null;

        private string? Read(string name, Span<byte> bytes)
        {
            var entry = archive.GetEntry(root + name)!;
            if (entry.CompressedLength != entry.Length)
            {
                return $"its entry '{name}' is compressed, which torch.save does not do; save it again";
            }

            try
            {
                using var stream = entry.Open();
                stream.ReadExactly(bytes);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                return $"its entry '{name}' is damaged or truncated";
            }

            return Crc32.HashToUInt32(bytes) == entry.Crc32 ? null : $"the checksum of its entry '{name}' is wrong: the file is damaged";
        }
    }

    // Five pickles one after another (a magic number, a version, the system, the object, the keys of its storages), then each storage: its length and its elements.
    private sealed class LegacyFile(Stream stream, IReadOnlyDictionary<TorchStorage, long> positions) : IContainer
    {
        /// <summary>A pickle of 0x1950a86a20f9469cfc6c, with which each such file begins.</summary>
        public static ReadOnlySpan<byte> Magic => [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];

        public static (IContainer Container, object? Content) Open(Stream stream, string path)
        {
            var bytes = new byte[(int)Math.Min(stream.Length, MaxPickleBytes)];
            stream.ReadExactly(bytes);
            var reader = new PickleReader(bytes, path);
            reader.Read();
            if (reader.Read() is not 1001L)
            {
                throw new ModelFileException(path, "it is in a version of PyTorch's older form that is not known");
            }

            if (reader.Read() is Dictionary<string, object?> system && system.GetValueOrDefault("little_endian") is false)
            {
                throw new ModelFileException(path, BigEndian);
            }

            var content = reader.Read();
            var keys = reader.Read() as List<object?> ?? throw new ModelFileException(path, "the list of its storages is damaged");
            return (new LegacyFile(stream, Positions(stream, reader, keys, path)), content);
        }

        public string? Read(TorchStorage storage, Span<byte> elements)
        {
            stream.Position = positions[storage];
            stream.ReadExactly(elements);
            return null;
        }

        public void Dispose() => stream.Dispose();

        private static Dictionary<TorchStorage, long> Positions(Stream stream, PickleReader reader, List<object?> keys, string path)
        {
            var positions = new Dictionary<TorchStorage, long>();
            Span<byte> count = stackalloc byte[sizeof(long)];
            Int128 position = reader.Position;
            foreach (var key in keys)
            {
                if (key is not string name || !reader.Storages.TryGetValue(name, out var storage))
                {
                    throw new ModelFileException(path, $"it has a storage '{key}' that no tensor is of: it is damaged");
                }

                var end = position + count.Length + storage.Bytes;
                if (end > stream.Length)
                {
                    throw new ModelFileException(path, $"it is truncated: it ends in the middle of the storage '{name}'");
                }

                stream.Position = (long)position;
                stream.ReadExactly(count);
                if (BinaryPrimitives.ReadInt64LittleEndian(count) is var found && found != storage.Count)
                {
                    throw new ModelFileException(path, $"the storage '{name}' has {found:N0} elements; {storage.Count:N0} expected");
                }

                positions[storage] = (long)position + count.Length;
                position = end;
            }

            return reader.Storages.Values.FirstOrDefault(storage => !positions.ContainsKey(storage)) is { } missing
                ? throw new ModelFileException(path, $"the storage '{missing.Key}' is missing: the file is damaged") : positions;
        }
    }
}
