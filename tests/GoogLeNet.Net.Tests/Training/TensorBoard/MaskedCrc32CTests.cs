using System.Text;
using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.TensorBoard;

public sealed class MaskedCrc32CTests
{
    // RFC 3720, appendix B.4 (there in the order of the wire, least byte first), and the usual check value of CRC catalogues.
    public static TheoryData<byte[], uint, string> Known => new()
    {
        { new byte[32], 0x8A9136AA, "32 bytes of zeroes" },
        { [.. Enumerable.Repeat((byte)0xFF, 32)], 0x62A8AB43, "32 bytes of ones" },
        { [.. Enumerable.Range(0, 32).Select(i => (byte)i)], 0x46DD794E, "32 bytes that count up" },
        { [.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))], 0x113FDB5C, "32 bytes that count down" },
        {
            Convert.FromHexString("01c0000000000000000000000000000014000000000004000000001400000018280000000000000002000000" + "00000000"),
            0xD9963A56, "an iSCSI read command"
        },
        { Encoding.ASCII.GetBytes("123456789"), 0xE3069283, "the check value" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void The_checksum_is_that_of_the_standard(byte[] data, uint expected, string reason)
    {
        MaskedCrc32C.Plain(data).Should().Be(expected, reason);
        EventFileReader.Crc32C(data).Should().Be(expected, "the tests' own reader has it too");
    }

    [Fact]
    public void The_mask_is_tensorflows() =>
        MaskedCrc32C.Compute(Encoding.ASCII.GetBytes("123456789")).Should().Be(unchecked(((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xA282EAD8u));
}
