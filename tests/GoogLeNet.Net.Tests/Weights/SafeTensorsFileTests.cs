using System.Text;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Weights;

public sealed class SafeTensorsFileTests
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    [Fact]
    public void What_is_written_is_read_again()
    {
        var metadata = new Dictionary<string, string> { ["epoch"] = "7", ["name"] = "größe \"x\"\n", [""] = "" };
        SafeTensor[] tensors =
        [
            new("weight", SafeTensorsType.F32, [2, 3], Bytes(24)),
            new("scalar", SafeTensorsType.I64, [], Bytes(8)),
            new("empty", SafeTensorsType.BF16, [4, 0], Bytes(0)),
            new("mäsk", SafeTensorsType.BOOL, [3], Bytes(3)),
        ];

        SafeTensorsFile file = Read(Written(metadata, tensors));

        file.Metadata.Should().BeEquivalentTo(metadata);
        file.Tensors.Keys.Should().BeEquivalentTo("weight", "scalar", "empty", "mäsk");
        foreach (SafeTensor tensor in tensors)
        {
            SafeTensor read = file.Tensors[tensor.Name];
            read.Type.Should().Be(tensor.Type);
            read.Shape.Should().Equal(tensor.Shape);
            read.Data.ToArray().Should().Equal(tensor.Data.ToArray());
        }
    }

    [Fact]
    public void A_tiny_file_has_the_bytes_of_the_format()
    {
        byte[] file = Written(new Dictionary<string, string> { ["k"] = "v" }, [new("a", SafeTensorsType.U8, [2], new byte[] { 7, 9 })]);

        // The digits are what sha256sum says of these bytes with 64 zeros in the digits' place.
        const string header = """
            {"__metadata__":{"inception.checksum":"inception.sha256:067d343051105788388c934ec219bf4fcb60350ca3f7c8f3e53cf9ea54a276ee","k":"v"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}
            """;
        byte[] expected = [184, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(header.PadRight(184)), 7, 9];
        file.Should().Equal(expected);
    }

    [Fact]
    public void Tensors_lie_by_falling_alignment_then_by_name()
    {
        byte[] file = Written(NoMetadata,
        [
            new("b", SafeTensorsType.U8, [1], Bytes(1)), new("a", SafeTensorsType.BOOL, [1], Bytes(1)), new("z", SafeTensorsType.F64, [1], Bytes(8)),
            new("h", SafeTensorsType.F16, [1], Bytes(2)), new("g", SafeTensorsType.BF16, [1], Bytes(2)), new("y", SafeTensorsType.I64, [1], Bytes(8)),
            new("B", SafeTensorsType.I32, [1], Bytes(4)), new("c", SafeTensorsType.F32, [1], Bytes(4)),
        ]);

        SafeTensorsBytes.Header(file).Select(entry => entry.Key).Should().Equal("__metadata__", "y", "z", "B", "c", "g", "h", "a", "b");
        SafeTensorsBytes.Header(file)["h"]!.ToJsonString().Should().Be("""{"dtype":"F16","shape":[1],"data_offsets":[26,28]}""");
        SafeTensorsBytes.Data(file, "z").Should().Equal(Bytes(8));
    }

    [Fact]
    public void The_order_of_what_is_given_does_not_change_the_bytes()
    {
        SafeTensor a = new("a", SafeTensorsType.F32, [1], Bytes(4)), b = new("b", SafeTensorsType.F32, [1], Bytes(4));

        byte[] one = Written(new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" }, [a, b]);
        byte[] other = Written(new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" }, [b, a]);

        one.Should().Equal(other);
    }

    [Fact]
    public void A_file_of_another_program_is_read_leniently()
    {
        const string header = """
              { "late": {"data_offsets": [4, 6], "shape": [1], "dtype": "F16", "later_version": {"x": [1]}},
                "first": {"dtype": "I32", "shape": [], "data_offsets": [0, 4]} }

            """;

        SafeTensorsFile file = Read(SafeTensorsBytes.File(header, 1, 0, 0, 0, 0, 60));

        file.Metadata.Should().BeEmpty();
        file.Tensors["first"].Data.ToArray().Should().Equal(1, 0, 0, 0);
        file.Tensors["late"].Data.ToArray().Should().Equal(0, 60);
    }

    [Fact]
    public void A_file_without_tensors_is_valid()
    {
        Read(Written(NoMetadata, [])).Tensors.Should().BeEmpty();
        Read(SafeTensorsBytes.File("{}")).Tensors.Should().BeEmpty();
    }

    [Fact]
    public void Any_flipped_bit_is_found()
    {
        byte[] file = Written(new Dictionary<string, string> { ["a\"b"] = "c\\d" }, [new("w", SafeTensorsType.F16, [2, 1], Bytes(4))]);
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            byte[] flipped = [.. file];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            FluentActions.Invoking(() => Read(flipped)).Should().Throw<ModelFileException>($"bit {bit} is flipped");
        }
    }

    [Fact]
    public void Any_missing_end_is_found()
    {
        byte[] file = Written(NoMetadata, [new("w", SafeTensorsType.F16, [2], Bytes(4))]);
        for (int length = 0; length < file.Length; length++)
        {
            FluentActions.Invoking(() => Read(file[..length])).Should().Throw<ModelFileException>($"only {length} bytes are left");
        }
    }

    [Theory]
    [InlineData("__metadata__", 1, 1L, "*reserved*", "the name is the format's own")]
    [InlineData("w", 1, -1L, "*negative*", "no size is negative")]
    [InlineData("w", 3, 4L, "*3 bytes*", "the bytes are too few")]
    public void A_tensor_that_does_not_fit_itself_is_refused(string name, int bytes, long size, string message, string because)
    {
        FluentActions.Invoking(() => new SafeTensor(name, SafeTensorsType.U8, [size], Bytes(bytes)))
            .Should().Throw<ArgumentException>(because).WithMessage(message);
    }

    [Theory]
    [InlineData("inception.checksum", "x", "*checksum*", "the key is the writer's own")]
    [InlineData("x", "inception.sha256:0", "*checksum*", "the reader would take it for a damaged checksum")]
    public void Metadata_that_cannot_be_kept_is_refused(string key, string value, string message, string because)
    {
        FluentActions.Invoking(() => Written(new Dictionary<string, string> { [key] = value }, []))
            .Should().Throw<ArgumentException>(because).WithMessage(message);
    }

    [Fact]
    public void Text_without_a_utf8_form_is_refused()
    {
        const string halfPair = "\uD800";
        FluentActions.Invoking(() => Written(new Dictionary<string, string> { ["x"] = halfPair }, [])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => Written(NoMetadata, [new(halfPair, SafeTensorsType.U8, [0], Bytes(0))])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        SafeTensor tensor = new("w", SafeTensorsType.U8, [1], Bytes(1));
        FluentActions.Invoking(() => Written(NoMetadata, [tensor, tensor])).Should().Throw<ArgumentException>().WithMessage("*2 tensors named 'w'*");
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(1, count).Select(value => (byte)(value * 37))];

    private static byte[] Written(Dictionary<string, string> metadata, SafeTensor[] tensors)
    {
        using var stream = new MemoryStream();
        SafeTensorsFile.Write(stream, metadata, tensors);
        return stream.ToArray();
    }

    private static SafeTensorsFile Read(byte[] file) => SafeTensorsFile.Read(new MemoryStream(file), "tiny.safetensors");
}
