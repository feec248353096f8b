using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>Normalisation of one type of numbers.</summary>
/// <typeparam name="T">Their type in memory.</typeparam>
/// <typeparam name="TLanes">How they are read and written.</typeparam>
internal sealed unsafe class NormalizationKernel<T, TLanes> : NormalizationKernel
    where T : unmanaged
    where TLanes : ILanes<T>
{
    // Pixels whose sums are kept in float32.
    private const int Chunk = 256;

    private delegate void Add(int start, int end, float* first, float* second);

    /// <inheritdoc/>
    public override (double[] Mean, double[] Variance) Moments(byte* input, int pixels, int channels)
    {
        // Sums of the differences to the first pixel: squares of large numbers would cancel.
        var origin = Widened((T*)input, channels);
        var (mean, variance) = Sums(pixels, channels, (start, end, sums, squares) =>
        {
            fixed (float* offset = origin)
            {
                AddMoments((T*)input, offset, start, end, channels, sums, squares);
            }
        });

        for (var channel = 0; channel < channels; channel++)
        {
            var shift = mean[channel] / pixels;
            mean[channel] = origin[channel] + shift;
            variance[channel] = Math.Max((variance[channel] / pixels) - (shift * shift), 0);
        }

        return (mean, variance);
    }

    /// <inheritdoc/>
    public override void Apply(byte* input, byte* output, int pixels, in Lines normalised)
    {
        var (scale, shift, relu) = normalised;
        Ranges.Split(pixels, Ranges.Count(pixels, scale.Length), (_, start, end) =>
        {
            fixed (float* factor = scale, offset = shift)
            {
                Apply((T*)input, (T*)output, start, end, scale.Length, factor, offset, relu);
            }
        });
    }

    /// <inheritdoc/>
    public override (double[] Sums, double[] Products) Reduce(byte* gradient, int stride, byte* input, int pixels, in Lines normalised, float[] mean)
    {
        var (scale, shift, relu) = normalised;
        return Sums(pixels, scale.Length, (start, end, sums, products) =>
        {
            fixed (float* factor = scale, offset = shift, centre = mean)
            {
                AddProducts((T*)gradient, stride, (T*)input, start, end, scale.Length, factor, offset, centre, relu, sums, products);
            }
        });
    }

    /// <inheritdoc/>
    public override void Combine(byte* gradient, int stride, byte* input, byte* result, int pixels, in Lines normalised, float[] slope, float[] level)
    {
        var (scale, shift, relu) = normalised;
        Ranges.Split(pixels, Ranges.Count(pixels, scale.Length), (_, start, end) =>
        {
            fixed (float* factor = scale, offset = shift, tilt = slope, height = level)
            {
                Combine((T*)gradient, stride, (T*)input, (T*)result, start, end, scale.Length, factor, offset, tilt, height, relu);
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddMoments(T* input, float* origin, int start, int end, int channels, float* sums, float* squares)
    {
        for (var pixel = start; pixel < end; pixel++)
        {
            var row = input + ((nint)pixel * channels);
            for (var block = 0; block < channels; block += Block)
            {
                var channel = Math.Min(block, channels - Block);
                TLanes.Load(row + channel, out var a, out var b);
                Float32Lanes.Load(origin + channel, out var originA, out var originB);
                a -= originA;
                b -= originB;
                Float32Lanes.Load(sums + block, out var sumA, out var sumB);
                Float32Lanes.Store(sumA + a, sumB + b, sums + block);
                Float32Lanes.Load(squares + block, out var squareA, out var squareB);
                Float32Lanes.Store(Vector.MultiplyAddEstimate(a, a, squareA), Vector.MultiplyAddEstimate(b, b, squareB), squares + block);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply(T* input, T* output, int start, int end, int channels, float* scale, float* shift, bool relu)
    {
        for (var pixel = start; pixel < end; pixel++)
        {
            var at = (nint)pixel * channels;
            for (var block = 0; block < channels; block += Block)
            {
                var channel = Math.Min(block, channels - Block);
                TLanes.Load(input + at + channel, out var a, out var b);
                Float32Lanes.Load(scale + channel, out var scaleA, out var scaleB);
                Float32Lanes.Load(shift + channel, out var shiftA, out var shiftB);
                a = Affine(a, scaleA, shiftA);
                b = Affine(b, scaleB, shiftB);
                if (relu)
                {
                    a = Vector.ConditionalSelect(IsCut(a), Vector<float>.Zero, a);
                    b = Vector.ConditionalSelect(IsCut(b), Vector<float>.Zero, b);
                }

                TLanes.Store(a, b, output + at + channel);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddProducts(
        T* gradient, int stride, T* input, int start, int end, int channels, float* scale, float* shift, float* mean, bool relu, float* sums, float* products)
    {
        for (var pixel = start; pixel < end; pixel++)
        {
            var at = (nint)pixel * channels;
            for (var block = 0; block < channels; block += Block)
            {
                var channel = Math.Min(block, channels - Block);
                Passed(gradient + ((nint)pixel * stride) + channel, input + at + channel, scale + channel, shift + channel, relu, out var a, out var b, out var x, out var y);
                Float32Lanes.Load(mean + channel, out var meanA, out var meanB);
                Float32Lanes.Load(sums + block, out var sumA, out var sumB);
                Float32Lanes.Store(sumA + a, sumB + b, sums + block);
                Float32Lanes.Load(products + block, out var productA, out var productB);
                Float32Lanes.Store(
                    Vector.MultiplyAddEstimate(a, x - meanA, productA), Vector.MultiplyAddEstimate(b, y - meanB, productB), products + block);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(
        T* gradient, int stride, T* input, T* result, int start, int end, int channels, float* scale, float* shift, float* slope, float* level, bool relu)
    {
        for (var pixel = start; pixel < end; pixel++)
        {
            var at = (nint)pixel * channels;
            for (var block = 0; block < channels; block += Block)
            {
                var channel = Math.Min(block, channels - Block);
                Passed(gradient + ((nint)pixel * stride) + channel, input + at + channel, scale + channel, shift + channel, relu, out var a, out var b, out var x, out var y);
                Float32Lanes.Load(scale + channel, out var scaleA, out var scaleB);
                Float32Lanes.Load(slope + channel, out var slopeA, out var slopeB);
                Float32Lanes.Load(level + channel, out var levelA, out var levelB);
                TLanes.Store(Affine(a, scaleA, Affine(x, slopeA, levelA)), Affine(b, scaleB, Affine(y, slopeB, levelB)), result + at + channel);
            }
        }
    }

    // The gradient where ReLU let its input through, and the normalisation's input.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Passed(
        T* gradient, T* input, float* scale, float* shift, bool relu, out Vector<float> a, out Vector<float> b, out Vector<float> x, out Vector<float> y)
    {
        TLanes.Load(gradient, out a, out b);
        TLanes.Load(input, out x, out y);
        if (relu)
        {
            Float32Lanes.Load(scale, out var scaleA, out var scaleB);
            Float32Lanes.Load(shift, out var shiftA, out var shiftB);
            a = Vector.ConditionalSelect(IsCut(Affine(x, scaleA, shiftA)), Vector<float>.Zero, a);
            b = Vector.ConditionalSelect(IsCut(Affine(y, scaleB, shiftB)), Vector<float>.Zero, b);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Affine(Vector<float> value, Vector<float> scale, Vector<float> shift) => Vector.MultiplyAddEstimate(value, scale, shift);

    // By ReLU; a NaN is not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> IsCut(Vector<float> value) => Vector.AsVectorSingle(Vector.LessThanOrEqual(value, Vector<float>.Zero));

    private static float[] Widened(T* pixel, int channels)
    {
        var widened = new float[channels];
        fixed (float* to = widened)
        {
            for (var block = 0; block < channels; block += Block)
            {
                var channel = Math.Min(block, channels - Block);
                TLanes.Load(pixel + channel, out var a, out var b);
                Float32Lanes.Store(a, b, to + channel);
            }
        }

        return widened;
    }

    // Two sums for each channel over all pixels. The sums that add is given have a place for each channel of each block, so that the last block has its own.
    private static (double[] First, double[] Second) Sums(int pixels, int channels, Add add)
    {
        var places = (channels + Block - 1) / Block * Block;
        var ranges = Ranges.Count(pixels, channels);
        var sums = (double*)Scratch.OfCall(ranges * 2 * places * (sizeof(double) / sizeof(float)));
        new Span<double>(sums, ranges * 2 * places).Clear();
        Ranges.Split(pixels, ranges, (range, start, end) =>
        {
            var partial = stackalloc float[2 * places];
            for (var from = start; from < end; from += Chunk)
            {
                new Span<float>(partial, 2 * places).Clear();
                add(from, Math.Min(from + Chunk, end), partial, partial + places);
                AddTo(sums + (range * 2 * places), partial, 2 * places);
            }
        });

        var (first, second) = (new double[channels], new double[channels]);
        for (var range = 0; range < ranges; range++)
        {
            var own = sums + (range * 2 * places);
            for (var channel = 0; channel < channels; channel++)
            {
                var place = channel < places - Block ? channel : channel - channels + places;
                first[channel] += own[place];
                second[channel] += own[places + place];
            }
        }

        return (first, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTo(double* sums, float* partial, int count)
    {
        for (var i = 0; i < count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(partial + i), out var low, out var high);
            (Vector.Load(sums + i) + low).Store(sums + i);
            (Vector.Load(sums + i + Vector<double>.Count) + high).Store(sums + i + Vector<double>.Count);
        }
    }
}
