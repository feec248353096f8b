using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>Local response normalization across channels, x / (k + α/size · Σx²)^β, of images with channels last in float32.</summary>
/// <param name="size">Channels in the window.</param>
/// <param name="alpha">α.</param>
/// <param name="beta">β.</param>
/// <param name="k">k.</param>
[SkipLocalsInit]
internal sealed unsafe class LocalResponseNormKernel(int size, double alpha, double beta, double k)
{
    private readonly float factor = (float)(alpha / size);
    private readonly float constant = (float)k;
    private readonly bool isThreeQuarters = beta == 0.75;

    /// <summary>The work.</summary>
    /// <param name="input">Address of (pixels, C).</param>
    /// <param name="output">Address of (pixels, C).</param>
    /// <param name="pixels">N · H · W.</param>
    /// <param name="channels">C.</param>
    public ParallelWork Work(nint input, nint output, int pixels, int channels) =>
        ParallelWork.OverRanges(pixels, ParallelFor.RangeCount(pixels, 4 * channels), (_, start, end) =>
        {
            // Squares with zeros on both sides for the window to reach into.
            var length = channels + size + Vector<float>.Count;
            var squares = ScratchBuffer.PerWorker(length);
            new Span<float>(squares, length).Clear();
            for (var pixel = start; pixel < end; pixel++)
            {
                Normalize((float*)input + ((nint)pixel * channels), (float*)output + ((nint)pixel * channels), channels, squares);
            }
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize(float* x, float* y, int channels, float* squares)
    {
        var own = squares + (size / 2);
        var c = 0;
        for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var value = Vector.Load(x + c);
            (value * value).Store(own + c);
        }

        for (; c < channels; c++)
        {
            own[c] = x[c] * x[c];
        }

        for (c = 0; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var sum = Vector.Load(squares + c);
            for (var i = 1; i < size; i++)
            {
                sum += Vector.Load(squares + c + i);
            }

            var scale = (sum * factor) + new Vector<float>(constant);
            (Vector.Load(x + c) / (isThreeQuarters ? ThreeQuartersPower(scale) : Power(scale))).Store(y + c);
        }

        for (; c < channels; c++)
        {
            var sum = 0f;
            for (var i = 0; i < size; i++)
            {
                sum += squares[c + i];
            }

            y[c] = x[c] / MathF.Pow((sum * factor) + constant, (float)beta);
        }
    }

    private static Vector<float> ThreeQuartersPower(Vector<float> value)
    {
        var root = Vector.SquareRoot(value);
        return root * Vector.SquareRoot(root);
    }

    private Vector<float> Power(Vector<float> value)
    {
        Span<float> numbers = stackalloc float[Vector<float>.Count];
        value.CopyTo(numbers);
        foreach (ref var number in numbers)
        {
            number = MathF.Pow(number, (float)beta);
        }

        return new Vector<float>(numbers);
    }
}
