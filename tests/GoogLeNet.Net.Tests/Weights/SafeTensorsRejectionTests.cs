using System.Text;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Weights;

/// <summary>What the reader refuses in files that other programs wrote, so without a checksum's help.</summary>
public sealed class SafeTensorsRejectionTests
{
    private const string A = """{"dtype":"U8","shape":[2],"data_offsets":[0,2]}""";

    [Theory]
    [InlineData("[]", 0, "not a JSON object", null)]
    [InlineData("{", 0, "not valid JSON", null)]
    [InlineData("{}x", 0, "not valid JSON", null)]
    [InlineData("", 0, "not valid JSON", null)]
    [InlineData($$$"""{"a":{{{A}}},"a":{{{A}}}}""", 2, "Duplicate property 'a'", null)]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8"}}""", 0, "Duplicate property 'dtype'", null)]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", 0, "Duplicate property 'k'", null)]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "Duplicate property '__metadata__'", null)]
    [InlineData("""{"__metadata__":[]}""", 0, "__metadata__ is not an object", null)]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "value 'k' is not a string", null)]
    [InlineData("""{"__metadata__":{"k":"\ud800"}}""", 0, "half of a surrogate pair", null)]
    [InlineData("""{"a":1}""", 0, "entry is not an object", "a")]
    [InlineData("""{"a":{"shape":[],"data_offsets":[0,1]}}""", 1, "dtype is missing", "a")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,1]}}""", 1, "shape is missing", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[]}}""", 1, "data_offsets is missing", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[],"data_offsets":[1]}}""", 1, "does not hold two numbers", "a")]
    [InlineData("""{"a":{"dtype":8,"shape":[],"data_offsets":[0,1]}}""", 1, "dtype is not a string", "a")]
    [InlineData("""{"a":{"dtype":"0","shape":[],"data_offsets":[0,1]}}""", 1, "dtype '0' is not supported", "a")]
    [InlineData("""{"a":{"dtype":"f32","shape":[],"data_offsets":[0,4]}}""", 4, "dtype 'f32' is not supported", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", 1, "shape is not an array", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "shape holds something else", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1, "shape holds something else", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551617]}}""", 1, "data_offsets holds something else", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,7]}}""", 7, "takes 8 bytes, but its offsets 0 to 7 span 7", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[1,0]}}""", 1, "takes 0 bytes, but its offsets 1 to 0 span -1", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "more bytes than 64 bits", "a")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0, "more bytes than 64 bits", "a")]
    [InlineData($$$"""{"a":{{{A}}},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}""", 4, "hole of 1 bytes before it", "b")]
    [InlineData($$$"""{"a":{{{A}}},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "overlaps the tensor before it by 1 bytes", "b")]
    [InlineData($$$"""{"a":{{{A}}},"b":{{{A}}}}""", 2, "overlaps the tensor before it by 2 bytes", "b")]
    [InlineData($$$"""{"a":{{{A}}}}""", 3, "1 bytes follow the last tensor", null)]
    [InlineData("{}", 1, "1 bytes follow the last tensor", null)]
    [InlineData($$$"""{"a":{{{A}}}}""", 1, "the file ends 1 bytes before the tensor does", "a")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 1, "the file ends 9223372036854775806 bytes", "a")]
    [InlineData("""{"__metadata__":{"inception.checksum":"x"}}""", 0, "the checksum differs", null)]
    public void A_malformed_header_or_layout_is_refused(string header, int dataLength, string problem, string? tensor)
    {
        ModelFileException error = Refusal(SafeTensorsBytes.File(header, new byte[dataLength]));

        error.Message.Should().StartWith("x.safetensors: ").And.Contain(problem);
        error.Message.StartsWith("x.safetensors: tensor '", StringComparison.Ordinal).Should().Be(tensor is not null);
        error.Message.Should().Contain(tensor is null ? problem : $"tensor '{tensor}': ");
    }

    [Fact]
    public void A_header_that_is_not_utf8_is_refused()
    {
        Refusal(SafeTensorsBytes.File([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)'}'])).Message.Should().Contain("not valid UTF-8");
    }

    [Theory]
    [InlineData(new byte[0], "0 bytes are too few", "it is empty")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0 }, "7 bytes are too few", "the length is cut")]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, 123, 125 }, "go beyond the end", "the header is longer than the file")]
    [InlineData(new byte[] { 1, 225, 245, 5, 0, 0, 0, 0, 123, 125 }, "100000001, over the format's 100000000", "the format limits the header")]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 128, 123, 125 }, "9223372036854775810, over", "the length is unsigned")]
    public void A_wrong_length_is_refused(byte[] file, string problem, string because)
    {
        Refusal(file).Message.Should().Contain(problem, because);
    }

    [Fact]
    public void A_checksum_that_differs_is_refused()
    {
        string header = """{"__metadata__":{"inception.checksum":"inception.sha256:""" + new string('a', 64) + "\"}}";
        Refusal(SafeTensorsBytes.File(Encoding.ASCII.GetBytes(header))).Message.Should().Contain("the checksum differs");
    }

    private static ModelFileException Refusal(byte[] file) =>
        FluentActions.Invoking(() => SafeTensorsFile.Read(new MemoryStream(file), "x.safetensors")).Should().Throw<ModelFileException>().Which;
}
