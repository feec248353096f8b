using System.Runtime.Intrinsics.X86;

namespace Inception.Kernels;

/// <summary>What this processor can do.</summary>
internal static class CpuFeatures
{
    /// <summary>Whether the matrix products have fast instructions: AVX-512, or AVX2 with FMA. Without them they are right, but slow.</summary>
    public static bool HasFusedMultiplyAdd => Avx512F.IsSupported || (Avx2.IsSupported && Fma.IsSupported);

    /// <summary>Whether it has instructions for bfloat16: AVX-512 BF16 (Zen 4, Cooper Lake) or AMX (Sapphire Rapids). Not looked for on others than x86.</summary>
    /// <remarks>The system must keep the registers, too, which .NET asks for AVX-512 in general.</remarks>
    public static bool HasBFloat16 => Avx512F.IsSupported && (HasAmx || HasAvx512BFloat16);

    /// <summary>
    /// Whether it multiplies bfloat16 faster than float32: with AMX, or AMD's with AVX-512 BF16. Intel's with AVX-512 BF16 alone are as fast or slower (oneDNN's
    /// convolutions on an Emerald Rapids without AMX: 150 billion operations a second for 250).
    /// </summary>
    public static bool MultipliesBFloat16Faster => HasAmx || (HasAvx512BFloat16 && !IsIntel);

    private static bool HasAmx => HasFeatureLeaf && (X86Base.CpuId(7, 0).Edx & 1 << 22) != 0;

    private static bool HasAvx512BFloat16 => HasFeatureLeaf && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & 1 << 5) != 0;

    private static bool HasFeatureLeaf => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7;

    private static bool IsIntel => X86Base.CpuId(0, 0) is (_, 0x756e6547, 0x6c65746e, 0x49656e69); // "Genu", "ntel", "ineI"
}
