using System.Text;
using System.Text.Json.Nodes;
using FluentAssertions;
using Inception.Tests.Training;
using Xunit;

namespace Inception.Tests.Weights;

/// <summary>
/// The cases of the safetensors reference implementation, each made from a whole file of weights without a checksum, so that the
/// format's own rules have to see them.
/// </summary>
[Collection(TorchCollection.Name)]
public sealed class CorruptFileTests : IDisposable
{
    private const string Weight = "fc.weight";
    private const string Bias = "fc.bias";

    private readonly TestFolder folder = new();
    private readonly GoogLeNet network = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);

    public static TheoryData<string, Func<byte[], byte[]>, string> Damages => new()
    {
        { "an empty file", _ => [], "0 bytes are too few" },
        { "less than a length", file => file[..7], "7 bytes are too few" },
        { "a header longer than the file", file => file[..500], "go beyond the end of the file" },
        { "a header over the format's limit", file => [1, 225, 245, 5, 0, 0, 0, 0, .. file[8..]], "100000001, over the format's 100000000" },
        { "a header that is not UTF-8", file => [.. file[..10], 0xFF, .. file[11..]], "not valid UTF-8" },
        { "a header that is not JSON", file => [.. file[..8], (byte)'x', .. file[9..]], "not valid JSON" },
        { "a header that is a list", file => SafeTensorsBytes.File("[]", Data(file)), "not a JSON object" },
        { "an entry without offsets",
            file => Edited(file, header => ((JsonObject)header[Weight]!).Remove("data_offsets")), "data_offsets is missing" },
        { "metadata that is no text", file => Edited(file, header => header["__metadata__"] = new JsonObject { ["format"] = 1 }), "is not a string" },
        { "a key twice", file => SafeTensorsBytes.File(Text(file).Replace(Bias, Weight), Data(file)), "Duplicate property 'fc.weight'" },
        { "an unknown element type", file => Edited(file, header => header[Bias]!["dtype"] = "F13"), "dtype 'F13' is not supported" },
        { "a file cut short", file => file[..^1], "the file ends 1 bytes before" },
        { "bytes after the last tensor", file => [.. file, 0], "1 bytes follow the last tensor" },
        { "bytes that no tensor owns", file => Edited(file, header => header.Remove(Bias)), "there is a hole of 12 bytes" },
        { "tensors on the same bytes",
            file => Edited(file, header => header["fc2.bias"] = header[Bias]!.DeepClone()), "overlaps the tensor before it by 12 bytes" },
        { "a shape that is not the bytes'",
            file => Edited(file, header => header[Bias]!["shape"] = new JsonArray(4)), "takes 16 bytes, but its offsets" },
        { "a type that is not the bytes'", file => Edited(file, header => header[Bias]!["dtype"] = "F64"), "takes 24 bytes, but its offsets" },
        { "a product beyond 64 bits",
            file => Edited(file, header => header[Bias]!["shape"] = new JsonArray(1L << 32, 1L << 32)), "more bytes than 64 bits" },
        { "a size beyond 63 bits",
            file => Edited(file, header => header[Bias]!["shape"] = new JsonArray(2, ulong.MaxValue - 1)), "shape holds something else" },
        { "a negative size", file => Edited(file, header => header[Bias]!["shape"] = new JsonArray(-3)), "shape holds something else" },
    };

    private string Path => System.IO.Path.Combine(folder.Path, "weights.safetensors");

    public void Dispose()
    {
        network.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_file_is_refused_with_one_error_and_nothing_is_loaded(string damage, Func<byte[], byte[]> inflict, string problem)
    {
        File.WriteAllBytes(Path, inflict(Whole()));
        var before = network.Values();

        foreach (var strict in new[] { true, false })
        {
            network.Invoking(n => n.LoadWeights(Path, strict)).Should().Throw<ModelFileException>(damage)
                .Which.Message.Should().StartWith(Path).And.Contain(problem, damage);
        }

        network.Values().Should().BeEquivalentTo(before);
    }

    [Fact]
    public void What_was_damaged_is_whole_otherwise()
    {
        File.WriteAllBytes(Path, Edited(Whole(), _ => { }));

        network.LoadWeights(Path).IsComplete.Should().BeTrue();
    }

    [Theory]
    [InlineData(0, "the header's length")]
    [InlineData(40, "the checksum")]
    [InlineData(-1, "the last weight")]
    [InlineData(-2000, "some weight")]
    public void One_flipped_bit_in_a_file_of_this_library_is_seen(int position, string where)
    {
        network.SaveWeights(Path);
        var file = File.ReadAllBytes(Path);
        file[position < 0 ? file.Length + position : position] ^= 1;
        File.WriteAllBytes(Path, file);

        network.Invoking(n => n.LoadWeights(Path)).Should().ThrowExactly<ModelFileException>(where);
    }

    /// <summary>A file of the network's weights as another program would write it: without metadata.</summary>
    private byte[] Whole()
    {
        network.SaveWeights(Path);
        return Edited(File.ReadAllBytes(Path), header => header.Remove("__metadata__"));
    }

    private static byte[] Edited(byte[] file, Action<JsonObject> edit)
    {
        var header = SafeTensorsBytes.Header(file);
        edit(header);
        return SafeTensorsBytes.File(header.ToJsonString(), Data(file));
    }

    private static byte[] Data(byte[] file) => file[(8 + HeaderLength(file))..];

    private static string Text(byte[] file) => Encoding.UTF8.GetString(file, 8, HeaderLength(file));

    private static int HeaderLength(byte[] file) => (int)BitConverter.ToUInt64(file, 0);
}
