using FluentAssertions;
using Inception.Kernels;

namespace Inception.Tests.Kernels;

/// <summary>The product of matrices with each set of instructions, whatever this processor has: a process of its own is kept from the others.</summary>
public sealed class GemmMicroKernelTests
{
    // Two names: .NET 10 knows the first.
    private static readonly string[] WithoutAvx512 = ["DOTNET_EnableAVX512", "DOTNET_EnableAVX512F"];
    private static readonly string[] WithoutAvx = ["DOTNET_EnableAVX", .. WithoutAvx512];

    [LinuxFact]
    public void With_AVX_512_and_with_AVX2_each_number_is_one_chain_of_fused_multiply_adds()
    {
        var best = ProductProcess.Start();
        var other = ProductProcess.Start(WithoutAvx512);

        other.HasAvx512.Should().BeFalse();
        if (other.HasFma)
        {
            other.C.Should().Equal(Chains(), "AVX2");
            best.C.Should().Equal(Chains(), best.HasAvx512 ? "AVX-512" : "AVX2");
        }
    }

    [LinuxFact]
    public void Without_them_the_numbers_are_the_same_but_for_rounding()
    {
        var result = ProductProcess.Start(WithoutAvx);

        (result.HasAvx512, result.HasFma).Should().Be((false, false));
        result.C.Zip(Chains()).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-5);
    }

    [LinuxFact]
    public void Without_AVX_512_float32_is_what_a_CPU_computes_fast_and_bfloat16_is_not()
    {
        var result = ProductProcess.Start(WithoutAvx512);

        (result.IsFloat32Fast, result.IsBFloat16Fast).Should().Be((true, false));
    }

    // A · B, and once more on top of it.
    private static float[] Chains()
    {
        var c = new float[ProductProcess.Rows * GemmMicroKernel.NR];
        for (var i = 0; i < 2 * ProductProcess.Depth; i++)
        {
            for (var n = 0; n < c.Length; n++)
            {
                var (row, column, k) = (n / GemmMicroKernel.NR, n % GemmMicroKernel.NR, i % ProductProcess.Depth);
                c[n] = MathF.FusedMultiplyAdd(ProductProcess.A[(row * ProductProcess.Depth) + k], ProductProcess.B[(k * GemmMicroKernel.NR) + column], c[n]);
            }
        }

        return c;
    }
}
