using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using static TorchSharp.torch;

namespace Inception.Interop;

/// <summary>
/// Writes tensors as <c>torch.save</c> does since PyTorch 1.6: a zip archive of stored entries whose content begins at multiples of 64 bytes, so that they can be mapped into memory; a
/// pickle of an ordered dictionary, and a file for each tensor.
/// </summary>
internal static class StateDictWriter
{
    private const string Root = "archive/";

    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> state)
    {
        using var zip = new StoredZip(stream);
        zip.Add($"{Root}data.pkl", Pickle(state));
        zip.Add($"{Root}byteorder", "little"u8);
        foreach (var (tensor, index) in state.Values.Select((tensor, index) => (tensor, index)))
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var host = tensor.detach().cpu().contiguous();
            zip.Add($"{Root}data/{index}", host.numel() == 0 ? [] : host.bytes);
        }

        zip.Add($"{Root}version", "3\n"u8);
        zip.Finish();
    }

    // OrderedDict([(key, _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())), …])
    private static byte[] Pickle(IReadOnlyDictionary<string, Tensor> state)
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2]);
        OrderedDict();
        Op('(');
        foreach (var (key, tensor, index) in state.Select((entry, index) => (entry.Key, entry.Value, index)))
        {
            Text(key);
            Global("torch._utils", "_rebuild_tensor_v2");
            Op('(');
            Op('(');
            Text("storage");
            Global("torch", TorchStorage.ClassOf(tensor.dtype));
            Text($"{index}");
            Text("cpu");
            Whole(tensor.numel());
            Op('t');
            Op('Q');
            Whole(0);
            Tuple(tensor.shape);
            Tuple(DenseStrides(tensor.shape));
            Op('\x89');
            OrderedDict();
            Op('t');
            Op('R');
        }

        Op('u');
        Op('.');
        return pickle.ToArray();

        void Op(char code) => pickle.WriteByte((byte)code);
        void Global(string module, string name) => pickle.Write(Encoding.UTF8.GetBytes($"c{module}\n{name}\n"));

        void OrderedDict()
        {
            Global("collections", "OrderedDict");
            Op(')');
            Op('R');
        }

        void Text(string text)
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
            Op('X');
            pickle.Write(length);
            pickle.Write(utf8);
        }

        void Whole(long number)
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            pickle.Write([0x8A, sizeof(long)]);
            pickle.Write(bytes);
        }

        void Tuple(long[] numbers)
        {
            Op('(');
            Array.ForEach(numbers, Whole);
            Op('t');
        }
    }

    private static long[] DenseStrides(long[] shape)
    {
        var (strides, stride) = (new long[shape.Length], 1L);
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(shape[axis], 1);
        }

        return strides;
    }

    // The zip format without compression and without its 64-bit extension (APPNOTE.TXT 4.3).
    private sealed class StoredZip(Stream stream) : IDisposable
    {
        private const int Alignment = 64;
        private const ushort Utf8Names = 1 << 11;
        private const ushort FirstOfJanuary1980 = (1 << 5) | 1;

        private readonly MemoryStream directory = new();
        private long position;
        private int count;

        public void Add(string name, ReadOnlySpan<byte> content)
        {
            var (path, start) = (Encoding.UTF8.GetBytes(name), position);
            using var header = new MemoryStream();
            using var fields = new BinaryWriter(header);
            fields.Write(0x04034B50);
            Common(fields, path, content);

            // An extra field of the letters FB, as PyTorch pads.
            var unaligned = start + header.Length + 2 + path.Length + 4;
            var padding = (int)((Alignment - (unaligned % Alignment)) % Alignment);
            fields.Write((ushort)(4 + padding));
            fields.Write(path);
            fields.Write("FB"u8);
            fields.Write((ushort)padding);
            fields.Write(new byte[padding]);
            Put(header.ToArray());
            Put(content);

            using var entry = new BinaryWriter(directory, Encoding.UTF8, leaveOpen: true);
            entry.Write(0x02014B50);
            entry.Write((ushort)20);
            Common(entry, path, content);
            entry.Write(new byte[2 + 2 + 2 + 2 + 4]);                                                   // extra, comment, disk, attributes
            entry.Write(ThirtyTwoBits(start));
            entry.Write(path);
            count++;
        }

        public void Finish()
        {
            var (start, entries) = (position, directory.ToArray());
            Put(entries);
            using var end = new MemoryStream();
            using var fields = new BinaryWriter(end);
            fields.Write(0x06054B50);
            fields.Write(0);
            fields.Write(SixteenBits(count));
            fields.Write(SixteenBits(count));
            fields.Write(ThirtyTwoBits(entries.Length));
            fields.Write(ThirtyTwoBits(start));
            fields.Write((ushort)0);
            Put(end.ToArray());
        }

        public void Dispose() => directory.Dispose();

        private static void Common(BinaryWriter fields, byte[] path, ReadOnlySpan<byte> content)
        {
            fields.Write((ushort)20);
            fields.Write(Utf8Names);
            fields.Write((ushort)0);
            fields.Write((ushort)0);
            fields.Write(FirstOfJanuary1980);
            fields.Write(Crc32.HashToUInt32(content));
            fields.Write(ThirtyTwoBits(content.Length));
            fields.Write(ThirtyTwoBits(content.Length));
            fields.Write((ushort)path.Length);
        }

        private static uint ThirtyTwoBits(long value) =>
            value < uint.MaxValue ? (uint)value : throw new NotSupportedException("The weights take 4 GiB or more, and are not written as one PyTorch file; SaveWeights writes them.");

        private static ushort SixteenBits(int value) =>
            value < ushort.MaxValue ? (ushort)value : throw new NotSupportedException("The network has 65,000 tensors or more, and is not written as one PyTorch file; SaveWeights writes it.");

        private void Put(ReadOnlySpan<byte> bytes)
        {
            stream.Write(bytes);
            position += bytes.Length;
        }
    }
}
