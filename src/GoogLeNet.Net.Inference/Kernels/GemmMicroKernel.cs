using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inception.Kernels;

/// <summary>
/// The micro-kernel of a matrix product (GEMM) in float32, with all of C in registers: C (rows, 32) = A (rows, depth) · B (depth, 32), or C += it. Each number of C is one
/// chain of fused multiply-adds in the order of the depth, the same with either set of instructions.
/// </summary>
internal static unsafe class GemmMicroKernel
{
    /// <summary>Columns of B and C, the width of a panel.</summary>
    public const int NR = 32;

    /// <summary>The number of rows is a multiple of this.</summary>
    public const int MR = 4;

    /// <summary>Rows computed at once on a processor with AVX-512: as many as its registers hold, two vectors each.</summary>
    public const int MaxMR = 12;

    // Rows of B that are fetched ahead.
    private const int PrefetchDistance = 16;

    /// <summary>C = A · B, or C += A · B.</summary>
    /// <param name="rows">A multiple of <see cref="MR"/>.</param>
    /// <param name="depth">1 at least.</param>
    /// <param name="a">The first number of A.</param>
    /// <param name="row">Numbers from one row of A to the next.</param>
    /// <param name="step">Numbers from one column of A to the next.</param>
    /// <param name="b">The first number of B.</param>
    /// <param name="line">Numbers from one row of B to the next.</param>
    /// <param name="c">(rows, 32), without gaps.</param>
    /// <param name="adds">Whether the product is added to C.</param>
    public static void Multiply(int rows, int depth, float* a, nint row, nint step, float* b, nint line, float* c, bool adds)
    {
        for (; Avx512F.IsSupported && rows >= MaxMR; rows -= MaxMR, a += MaxMR * row, c += MaxMR * NR)
        {
            Kernel12x32(depth, a, row, step, b, line, c, adds);
        }

        for (; rows > 0; rows -= MR, a += MR * row, c += MR * NR)
        {
            if (Avx512F.IsSupported)
            {
                Kernel4x32(depth, a, row, step, b, line, c, adds);
            }
            else
            {
                Kernel4x16(depth, a, row, step, b, line, c, adds);
                Kernel4x16(depth, a, row, step, b + (NR / 2), line, c + (NR / 2), adds);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kernel12x32(int depth, float* a, nint row, nint step, float* b, nint line, float* c, bool adds)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default,
            c60 = default, c61 = default, c70 = default, c71 = default, c80 = default, c81 = default, c90 = default, c91 = default, ca0 = default, ca1 = default, cb0 = default, cb1 = default;
        if (adds)
        {
            (c00, c01) = (Vector512.Load(c + (0 * NR)), Vector512.Load(c + (0 * NR) + 16));
            (c10, c11) = (Vector512.Load(c + (1 * NR)), Vector512.Load(c + (1 * NR) + 16));
            (c20, c21) = (Vector512.Load(c + (2 * NR)), Vector512.Load(c + (2 * NR) + 16));
            (c30, c31) = (Vector512.Load(c + (3 * NR)), Vector512.Load(c + (3 * NR) + 16));
            (c40, c41) = (Vector512.Load(c + (4 * NR)), Vector512.Load(c + (4 * NR) + 16));
            (c50, c51) = (Vector512.Load(c + (5 * NR)), Vector512.Load(c + (5 * NR) + 16));
            (c60, c61) = (Vector512.Load(c + (6 * NR)), Vector512.Load(c + (6 * NR) + 16));
            (c70, c71) = (Vector512.Load(c + (7 * NR)), Vector512.Load(c + (7 * NR) + 16));
            (c80, c81) = (Vector512.Load(c + (8 * NR)), Vector512.Load(c + (8 * NR) + 16));
            (c90, c91) = (Vector512.Load(c + (9 * NR)), Vector512.Load(c + (9 * NR) + 16));
            (ca0, ca1) = (Vector512.Load(c + (10 * NR)), Vector512.Load(c + (10 * NR) + 16));
            (cb0, cb1) = (Vector512.Load(c + (11 * NR)), Vector512.Load(c + (11 * NR) + 16));
        }

        float* a3 = a + (3 * row), a6 = a + (6 * row), a9 = a + (9 * row);
        for (; depth > 0; depth--, b += line, a += step, a3 += step, a6 += step, a9 += step)
        {
            var (b0, b1) = (Vector512.Load(b), Vector512.Load(b + 16));
            Sse.Prefetch0(b + (PrefetchDistance * line));
            Sse.Prefetch0(b + (PrefetchDistance * line) + 16);
            var x = Vector512.Create(*a);
            c00 = Avx512F.FusedMultiplyAdd(x, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a[row]);
            c10 = Avx512F.FusedMultiplyAdd(x, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a[2 * row]);
            c20 = Avx512F.FusedMultiplyAdd(x, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(*a3);
            c30 = Avx512F.FusedMultiplyAdd(x, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(a3[row]);
            c40 = Avx512F.FusedMultiplyAdd(x, b0, c40);
            c41 = Avx512F.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(a3[2 * row]);
            c50 = Avx512F.FusedMultiplyAdd(x, b0, c50);
            c51 = Avx512F.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(*a6);
            c60 = Avx512F.FusedMultiplyAdd(x, b0, c60);
            c61 = Avx512F.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(a6[row]);
            c70 = Avx512F.FusedMultiplyAdd(x, b0, c70);
            c71 = Avx512F.FusedMultiplyAdd(x, b1, c71);
            x = Vector512.Create(a6[2 * row]);
            c80 = Avx512F.FusedMultiplyAdd(x, b0, c80);
            c81 = Avx512F.FusedMultiplyAdd(x, b1, c81);
            x = Vector512.Create(*a9);
            c90 = Avx512F.FusedMultiplyAdd(x, b0, c90);
            c91 = Avx512F.FusedMultiplyAdd(x, b1, c91);
            x = Vector512.Create(a9[row]);
            ca0 = Avx512F.FusedMultiplyAdd(x, b0, ca0);
            ca1 = Avx512F.FusedMultiplyAdd(x, b1, ca1);
            x = Vector512.Create(a9[2 * row]);
            cb0 = Avx512F.FusedMultiplyAdd(x, b0, cb0);
            cb1 = Avx512F.FusedMultiplyAdd(x, b1, cb1);
        }

        c00.Store(c + (0 * NR));
        c01.Store(c + (0 * NR) + 16);
        c10.Store(c + (1 * NR));
        c11.Store(c + (1 * NR) + 16);
        c20.Store(c + (2 * NR));
        c21.Store(c + (2 * NR) + 16);
        c30.Store(c + (3 * NR));
        c31.Store(c + (3 * NR) + 16);
        c40.Store(c + (4 * NR));
        c41.Store(c + (4 * NR) + 16);
        c50.Store(c + (5 * NR));
        c51.Store(c + (5 * NR) + 16);
        c60.Store(c + (6 * NR));
        c61.Store(c + (6 * NR) + 16);
        c70.Store(c + (7 * NR));
        c71.Store(c + (7 * NR) + 16);
        c80.Store(c + (8 * NR));
        c81.Store(c + (8 * NR) + 16);
        c90.Store(c + (9 * NR));
        c91.Store(c + (9 * NR) + 16);
        ca0.Store(c + (10 * NR));
        ca1.Store(c + (10 * NR) + 16);
        cb0.Store(c + (11 * NR));
        cb1.Store(c + (11 * NR) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kernel4x32(int depth, float* a, nint row, nint step, float* b, nint line, float* c, bool adds)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        if (adds)
        {
            (c00, c01) = (Vector512.Load(c + (0 * NR)), Vector512.Load(c + (0 * NR) + 16));
            (c10, c11) = (Vector512.Load(c + (1 * NR)), Vector512.Load(c + (1 * NR) + 16));
            (c20, c21) = (Vector512.Load(c + (2 * NR)), Vector512.Load(c + (2 * NR) + 16));
            (c30, c31) = (Vector512.Load(c + (3 * NR)), Vector512.Load(c + (3 * NR) + 16));
        }

        float* a3 = a + (3 * row);
        for (; depth > 0; depth--, b += line, a += step, a3 += step)
        {
            var (b0, b1) = (Vector512.Load(b), Vector512.Load(b + 16));
            var x = Vector512.Create(*a);
            c00 = Avx512F.FusedMultiplyAdd(x, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a[row]);
            c10 = Avx512F.FusedMultiplyAdd(x, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a[2 * row]);
            c20 = Avx512F.FusedMultiplyAdd(x, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(*a3);
            c30 = Avx512F.FusedMultiplyAdd(x, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x, b1, c31);
        }

        c00.Store(c + (0 * NR));
        c01.Store(c + (0 * NR) + 16);
        c10.Store(c + (1 * NR));
        c11.Store(c + (1 * NR) + 16);
        c20.Store(c + (2 * NR));
        c21.Store(c + (2 * NR) + 16);
        c30.Store(c + (3 * NR));
        c31.Store(c + (3 * NR) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kernel4x16(int depth, float* a, nint row, nint step, float* b, nint line, float* c, bool adds)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        if (adds)
        {
            (c00, c01) = (Vector256.Load(c + (0 * NR)), Vector256.Load(c + (0 * NR) + 8));
            (c10, c11) = (Vector256.Load(c + (1 * NR)), Vector256.Load(c + (1 * NR) + 8));
            (c20, c21) = (Vector256.Load(c + (2 * NR)), Vector256.Load(c + (2 * NR) + 8));
            (c30, c31) = (Vector256.Load(c + (3 * NR)), Vector256.Load(c + (3 * NR) + 8));
        }

        float* a3 = a + (3 * row);
        for (; depth > 0; depth--, b += line, a += step, a3 += step)
        {
            var (b0, b1) = (Vector256.Load(b), Vector256.Load(b + 8));
            var x = Vector256.Create(*a);
            c00 = Vector256.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
            x = Vector256.Create(a[row]);
            c10 = Vector256.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
            x = Vector256.Create(a[2 * row]);
            c20 = Vector256.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector256.FusedMultiplyAdd(x, b1, c21);
            x = Vector256.Create(*a3);
            c30 = Vector256.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector256.FusedMultiplyAdd(x, b1, c31);
        }

        c00.Store(c + (0 * NR));
        c01.Store(c + (0 * NR) + 8);
        c10.Store(c + (1 * NR));
        c11.Store(c + (1 * NR) + 8);
        c20.Store(c + (2 * NR));
        c21.Store(c + (2 * NR) + 8);
        c30.Store(c + (3 * NR));
        c31.Store(c + (3 * NR) + 8);
    }
}
