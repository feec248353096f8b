using System.Buffers.Binary;
using System.Text;
using FluentAssertions;
using Inception.Interop;
using Inception.Tests.Training;
using Xunit;

namespace Inception.Tests.Interop;

/// <summary>Pickles that want to run something, or to take memory or time: refused, quickly, and nothing happens.</summary>
[Collection(TorchCollection.Name)]
public sealed class HostilePickleTests : IDisposable
{
    private const int Million = 1_000_000;

    private readonly TestFolder folder = new();

    private string Target => Path.Combine(folder.Path, "model.pth");

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, byte[], string> Pickles => new()
    {
        { "os.system", Join("cos\nsystem\n("u8, Text("touch /tmp/x"), "tR."u8), "its pickle would call os.system, which no state dict needs; nothing of it was run" },
        { "posix.system", Join("cposix\nsystem\n("u8, Text("true"), "tR."u8), "would call posix.system" },
        { "eval", Join("cbuiltins\neval\n("u8, Text("1"), "tR."u8), "would call builtins.eval" },
        { "getattr", Join("c__builtin__\ngetattr\n(ctorch\nhub\n"u8, Text("load"), "tR."u8), "would call __builtin__.getattr" },
        { "a class of a program", Join("c__main__\nNet\n)"u8, [0x81, (byte)'.']), "objects of Python's class __main__.Net" },
        { "a name with dots", "ctorch\nnn.modules.Linear\n."u8.ToArray(), "would call torch.nn.modules.Linear" },
        { "a name that torch has", "ctorch\nload\n)R."u8.ToArray(), "would call torch.load" },
        { "a name of many lines", "ccollections\nOrderedDict2\n."u8.ToArray(), "collections.OrderedDict2" },
        { "INST", "(ios\nsystem\n."u8.ToArray(), "the instruction 0x69 at byte 1" },
        { "STACK_GLOBAL", [0x80, 4, 0x8C, 2, (byte)'o', (byte)'s', 0x93, (byte)'.'], "the instruction 0x8C at byte 2" },
        { "EXT1", [0x82, 1, (byte)'.'], "the instruction 0x82" },
        { "a call of text", Join(Text("os"), ")R."u8), "cannot be read at byte" },
        { "a state of a tensor's function", "ctorch._utils\n_rebuild_tensor_v2\n}b."u8.ToArray(), "cannot be read at byte" },
        { "a call without arguments", "ctorch._utils\n_rebuild_tensor_v2\n)R."u8.ToArray(), "cannot be read at byte" },
        { "nothing", "."u8.ToArray(), "cannot be read at byte" },
        { "two results", "NN."u8.ToArray(), "cannot be read at byte" },
        { "an empty stack", "R."u8.ToArray(), "cannot be read at byte" },
        { "behind a mark", "N(a."u8.ToArray(), "cannot be read at byte" },
        { "a memo that is not there", "h\u0007."u8.ToArray(), "cannot be read at byte" },
        { "a text of 4 GiB", Join("X"u8, Length(-1), "abc"u8), "its pickle ends too early" },
        { "a line without end", "ctorch"u8.ToArray(), "its pickle ends too early" },
        { "no end", "}"u8.ToArray(), "its pickle ends too early" },
        { "a key that is a list", "}]Ns."u8.ToArray(), "key is neither text nor a whole number" },
        { "a million and one instructions", Join(Repeated("N"u8, Million + 1), "."u8), "more than 1,000,000 instructions" },
        { "nesting", Join(Repeated("]"u8, 400_000), Repeated("a"u8, 399_999), "."u8), "it holds no dictionary of tensors" },
        { "nested state dicts", Join(Repeated(Join("}"u8, Text("model")), 50_000), "}"u8, Repeated("s"u8, 50_000), "."u8), "it holds no dictionary of tensors" },
        { "a memo bomb", Join("]q\u0000"u8, Repeated(Join("]"u8, "(h\u0000h\u0000h\u0000h\u0000eq\u0000"u8), 100_000), Repeated("a"u8, 100_000), "."u8), "it holds no dictionary of tensors" },
        { "a dictionary that holds itself", Join("}q\u0000"u8, Text("model"), "h\u0000s."u8), "it holds no dictionary of tensors" },
        { "a giant shape", View([1L << 40, 1L << 40], [0, 0]), "larger than 64 bits can count" },
        { "a giant shape of one element", View([1L << 40], [0]), "repeats the 4 elements" },
        { "a stride beyond the end", View([2, 2], [3, 1]), "goes beyond the 4 elements" },
        { "a giant stride", View([2], [long.MaxValue]), "goes beyond the 4 elements" },
        { "a giant offset", View([1], [1], long.MaxValue), "goes beyond the 4 elements" },
        { "a negative offset", View([1], [1], -1), "offset -1 is impossible" },
        { "a negative size", View([-1], [1]), "is impossible" },
        { "a negative stride", View([2], [-1], 1), "is impossible" },
        { "more strides than axes", View([2], [1, 1]), "is impossible" },
        { "a hundred axes", View([.. Enumerable.Repeat(1L, 100)], [.. Enumerable.Repeat(1L, 100)]), "is impossible" },
        { "a giant storage", View([1], [1], count: 1L << 60), "the storage '0' has 16 bytes; 4,611,686,018,427,387,904 expected" },
        { "a negative storage", View([0], [1], count: -4), "is impossible" },
        { "a storage that is not there", View([1], [1], key: "9"), "the storage '9' is missing" },
        { "a tensor whose elements are to be negated", View([2], [1], bits: Join("}"u8, Text("neg"), [0x88, (byte)'s'])), "a tensor is marked neg, which is not read" },
        { "a storage outside", View([1], [1], key: "../version"), "the storage '../version' is missing" },
    };

    [Theory]
    [MemberData(nameof(Pickles), DisableDiscoveryEnumeration = true)]
    public void A_hostile_pickle_is_refused_with_one_error(string what, byte[] pickle, string problem)
    {
        File.WriteAllBytes(Target, TorchFileTests.Zipped(("model/data.pkl", pickle), ("model/data/0", new byte[16]), ("model/version", "3\n"u8.ToArray())));

        FluentActions.Invoking(() => StateDict.Open(Target)).Should().Throw<ModelFileException>(what).Which.Message.Should().StartWith($"{Target}: ").And.Contain(problem, what);
    }

    [Theory]
    [MemberData(nameof(Pickles), DisableDiscoveryEnumeration = true)]
    public void The_same_in_the_older_form(string what, byte[] pickle, string problem)
    {
        byte[] start = [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.', 0x80, 2, (byte)'M', 0xE9, 3, (byte)'.', 0x80, 2, (byte)'}', (byte)'.'];
        var storages = pickle.AsSpan().IndexOf("FloatStorage"u8) >= 0 ? Join("](X"u8, Length(1), "0e."u8, BitConverter.GetBytes(4L), new byte[16]) : Join("]."u8, []);
        File.WriteAllBytes(Target, Join(start, pickle, storages));

        var error = FluentActions.Invoking(() => StateDict.Open(Target)).Should().Throw<ModelFileException>(what).Which;
        if (!problem.Contains("byte", StringComparison.Ordinal) && !problem.Contains("storage", StringComparison.Ordinal) && !problem.Contains("early", StringComparison.Ordinal))
        {
            error.Message.Should().Contain(problem, what);
        }
    }

    [Fact]
    public void A_sound_view_made_the_same_way_is_read()
    {
        File.WriteAllBytes(Target, TorchFileTests.Zipped(("model/data.pkl", View([2], [2], 1)), ("model/data/0", new byte[16])));
        using var state = StateDict.Open(Target);

        state.Tensors["w"].Should().BeEquivalentTo(new TorchTensor(new TorchStorage("0", TorchSharp.torch.ScalarType.Float32, 4), 1, [2], [2]));
    }

    [Theory]
    [InlineData("layouts.legacy.pth")]
    [InlineData("layouts.pth")]
    public void A_file_with_a_changed_byte_is_refused_or_read(string name)
    {
        var random = new Random(1);
        var whole = File.ReadAllBytes(Files.PathOf(name));
        for (var i = 0; i < 3000; i++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(Target, damaged);
            try
            {
                using var state = StateDict.Open(Target);
                state.CopyTo(state.Tensors.ToDictionary(entry => entry.Key, entry => TorchSharp.torch.empty(entry.Value.Shape)));
            }
            catch (ModelFileException)
            {
            }
        }
    }

    [Theory]
    [InlineData("model/data.pkl")]
    [InlineData("model/data/0")]
    public void Compressed_entries_are_refused(string compressed)
    {
        using (var stream = File.Create(Target))
        using (var zip = new System.IO.Compression.ZipArchive(stream, System.IO.Compression.ZipArchiveMode.Create))
        {
            foreach (var (name, content) in ((string, byte[])[])[("model/data.pkl", View([1000], [1], count: 1000)), ("model/data/0", new byte[4000])])
            {
                using var entry = zip.CreateEntry(name, name == compressed ? System.IO.Compression.CompressionLevel.Optimal : System.IO.Compression.CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }

        FluentActions.Invoking(() =>
        {
            using var state = StateDict.Open(Target);
            state.CopyTo(new Dictionary<string, TorchSharp.torch.Tensor> { ["w"] = TorchSharp.torch.zeros(1000) });
        }).Should().Throw<ModelFileException>().WithMessage("*is compressed, which torch.save does not do; save it again.");
    }

    [Fact]
    public void Big_endian_numbers_are_refused()
    {
        File.WriteAllBytes(Target, TorchFileTests.Zipped(("model/data.pkl", View([1], [1])), ("model/byteorder", "big"u8.ToArray()), ("model/data/0", new byte[16])));

        FluentActions.Invoking(() => StateDict.Open(Target)).Should().Throw<ModelFileException>().WithMessage("*its numbers are big-endian, which is not read.");
    }

    // {"w": a view of a storage of four numbers}
    private static byte[] View(long[] shape, long[] strides, long offset = 0, long count = 4, string key = "0", byte[]? bits = null) => Join(
        "}"u8, Text("w"), "ctorch._utils\n_rebuild_tensor_v2\n(("u8, Text("storage"), "ctorch\nFloatStorage\n"u8, Text(key), Text("cpu"), Whole(count), "tQ"u8, Whole(offset),
        Tuple(shape), Tuple(strides), [0x89], Join("}"u8, bits ?? []), "tRs."u8);

    private static byte[] Tuple(long[] numbers) => Join("("u8, [.. numbers.SelectMany(Whole)], "t"u8);

    private static byte[] Whole(long number) => [0x8A, 8, .. BitConverter.GetBytes(number)];

    private static byte[] Text(string text) => Join("X"u8, Length(text.Length), Encoding.UTF8.GetBytes(text));

    private static byte[] Length(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }

    private static byte[] Repeated(ReadOnlySpan<byte> part, int count)
    {
        var bytes = new byte[part.Length * count];
        for (var i = 0; i < count; i++)
        {
            part.CopyTo(bytes.AsSpan(i * part.Length));
        }

        return bytes;
    }

    private static byte[] Join(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c = default, ReadOnlySpan<byte> d = default, ReadOnlySpan<byte> e = default,
        ReadOnlySpan<byte> f = default, ReadOnlySpan<byte> g = default, ReadOnlySpan<byte> h = default, ReadOnlySpan<byte> i = default, ReadOnlySpan<byte> j = default,
        ReadOnlySpan<byte> k = default, ReadOnlySpan<byte> l = default, ReadOnlySpan<byte> m = default, ReadOnlySpan<byte> n = default, ReadOnlySpan<byte> o = default) =>
        [.. a, .. b, .. c, .. d, .. e, .. f, .. g, .. h, .. i, .. j, .. k, .. l, .. m, .. n, .. o];
}
