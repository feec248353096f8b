using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inception.Kernels;

/// <summary>
/// The micro-kernel of a matrix product (GEMM) in float32, with all of C in registers: C (rows, 32) = A (rows, depth) · B (depth, 32), or C += it. Each number of C is one
/// chain of fused multiply-adds in the order of the depth, the same with AVX-512 and AVX2; without them the multiply-adds are not fused.
/// </summary>
internal static unsafe class GemmMicroKernel
{
    /// <summary>Columns of B and C, the width of a panel.</summary>
    public const int NR = 32;

    /// <summary>Rows computed at once; the number of rows is a multiple.</summary>
    public const int MR = 4;

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
        for (; rows > 0; rows -= MR, a += MR * row, c += MR * NR)
        {
            if (Avx512F.IsSupported)
            {
                Kernel4x32(depth, a, row, step, b, line, c, adds);
            }
            else if (Fma.IsSupported)
            {
                Kernel4x16(depth, a, row, step, b, line, c, adds);
                Kernel4x16(depth, a, row, step, b + (NR / 2), line, c + (NR / 2), adds);
            }
            else
            {
                PortableKernel(depth, a, row, step, b, line, c, adds);
            }
        }
    }

    // Four vectors of one row at a time, of 128 or 256 bits. Not fused where the processor cannot.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PortableKernel(int depth, float* a, nint row, nint step, float* b, nint line, float* c, bool adds)
    {
        var width = Vector<float>.Count;
        for (var r = 0; r < MR; r++, a += row, c += NR)
        {
            for (var k = 0; k < NR; k += 4 * width)
            {
                var (c0, c1, c2, c3) = adds
                    ? (Vector.Load(c + k), Vector.Load(c + k + width), Vector.Load(c + k + (2 * width)), Vector.Load(c + k + (3 * width)))
                    : default;
                for (nint i = 0; i < depth; i++)
                {
                    var (x, from) = (new Vector<float>(a[i * step]), (nint)(b + (i * line) + k));
                    c0 = Vector.MultiplyAddEstimate(x, Vector.Load((float*)from), c0);
                    c1 = Vector.MultiplyAddEstimate(x, Vector.Load((float*)from + width), c1);
                    c2 = Vector.MultiplyAddEstimate(x, Vector.Load((float*)from + (2 * width)), c2);
                    c3 = Vector.MultiplyAddEstimate(x, Vector.Load((float*)from + (3 * width)), c3);
                }

                c0.Store(c + k);
                c1.Store(c + k + width);
                c2.Store(c + k + (2 * width));
                c3.Store(c + k + (3 * width));
            }
        }
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
