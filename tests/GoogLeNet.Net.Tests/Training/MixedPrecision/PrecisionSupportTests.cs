using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.MixedPrecision;

public sealed class PrecisionSupportTests
{
    [Fact]
    public void Float32_is_native_everywhere() => Precision.Float32.IsAcceleratedOn(CPU).Should().BeTrue();

    [Fact]
    public void A_processor_has_bfloat16_where_the_kernel_says_so()
    {
        const string file = "/proc/cpuinfo";
        var flags = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ') : null;
        if (flags is null)
        {
            return; // another system than Linux on x86, where nobody else could be asked
        }

        var expected = flags.Contains("avx512f") && (flags.Contains("avx512_bf16") || flags.Contains("amx_bf16"));
        Precision.BFloat16.IsAcceleratedOn(CPU).Should().Be(expected);
    }
}
