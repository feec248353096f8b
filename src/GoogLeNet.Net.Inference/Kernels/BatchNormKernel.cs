using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inception.Kernels;

/// <summary>A channel's normalization as one multiply-add, number · scale + shift, followed by ReLU if asked for.</summary>
/// <param name="Scale">(C).</param>
/// <param name="Shift">(C).</param>
/// <param name="Relu">Whether ReLU follows.</param>
internal readonly record struct ScaleShift(float[] Scale, float[] Shift, bool Relu);

/// <summary>
/// Batch normalization and ReLU of images with channels last: two passes over memory forwards and two backwards, where libtorch's operators take four and four. Sums are
/// kept in float64.
/// </summary>
internal abstract unsafe class BatchNormKernel
{
    private static readonly BatchNormKernel Float32 = new BatchNormKernel<float, Float32Loader>();
    private static readonly BatchNormKernel BFloat16 = new BatchNormKernel<ushort, BFloat16Loader>();

    /// <summary>Channels computed at once, and the least number of channels that is supported; the last ones are computed twice where there is a remainder.</summary>
    public static int Block => 2 * Vector<float>.Count;

    /// <summary>The kernel for a type.</summary>
    public static BatchNormKernel For(ElementType type) => type == ElementType.Float32 ? Float32 : BFloat16;

    /// <summary>Mean and (biased) variance of each channel.</summary>
    /// <param name="input">Address of (pixels, channels).</param>
    /// <param name="pixels">N · H · W.</param>
    /// <param name="channels">C.</param>
    /// <param name="threads">Number of threads.</param>
    public abstract (double[] Mean, double[] Variance) Moments(nint input, int pixels, int channels, int threads);

    /// <summary>input · scale + shift, and ReLU.</summary>
    /// <param name="input">Address of (pixels, channels).</param>
    /// <param name="output">Address of (pixels, channels).</param>
    /// <param name="pixels">N · H · W.</param>
    /// <param name="normalization">Scale and shift of each channel.</param>
    /// <param name="threads">Number of threads.</param>
    public abstract void Normalize(nint input, nint output, int pixels, in ScaleShift normalization, int threads);

    /// <summary>For each channel the sum of the gradients that ReLU lets through, and of their products with input − mean.</summary>
    /// <param name="gradient">The output's, (pixels, channels).</param>
    /// <param name="input">Address of (pixels, channels).</param>
    /// <param name="pixels">N · H · W.</param>
    /// <param name="normalization">Scale and shift of each channel.</param>
    /// <param name="mean">(C).</param>
    /// <param name="threads">Number of threads.</param>
    public abstract (double[] Sums, double[] Products) SumGradients(ImageView gradient, nint input, int pixels, in ScaleShift normalization, float[] mean, int threads);

    /// <summary>The input's gradient: gradient · scale + input · perInput + constant, of the gradients that ReLU lets through.</summary>
    /// <param name="gradient">The output's, (pixels, channels).</param>
    /// <param name="input">Address of (pixels, channels).</param>
    /// <param name="result">Address of (pixels, channels).</param>
    /// <param name="pixels">N · H · W.</param>
    /// <param name="normalization">Scale and shift of each channel.</param>
    /// <param name="perInput">(C).</param>
    /// <param name="constant">(C).</param>
    /// <param name="threads">Number of threads.</param>
    public abstract void InputGradient(
        ImageView gradient, nint input, nint result, int pixels, in ScaleShift normalization, float[] perInput, float[] constant, int threads);
}

/// <summary><see cref="BatchNormKernel"/> for one type.</summary>
/// <typeparam name="T">The type in memory.</typeparam>
/// <typeparam name="TLoader">How it is read and written.</typeparam>
internal sealed unsafe class BatchNormKernel<T, TLoader> : BatchNormKernel
    where T : unmanaged
    where TLoader : IElementLoader<T>
{
    // Pixels whose sums are kept in float32.
    private const int Chunk = 256;

    private delegate void Add(int start, int end, float* first, float* second);

    /// <inheritdoc/>
    public override (double[] Mean, double[] Variance) Moments(nint input, int pixels, int channels, int threads)
    {
        // Sums of the differences to the first pixel: squares of large numbers would cancel.
        var origin = Widened((T*)input, channels);
        var (mean, variance) = Sums(pixels, channels, threads, (start, end, sums, squares) =>
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
    public override void Normalize(nint input, nint output, int pixels, in ScaleShift normalization, int threads)
    {
        var (scale, shift, relu) = normalization;
        ParallelFor.Run(threads, ParallelWork.OverRanges(pixels, ParallelFor.RangeCount(pixels, scale.Length), (_, start, end) =>
        {
            fixed (float* factor = scale, offset = shift)
            {
                Normalize((T*)input, (T*)output, start, end, scale.Length, factor, offset, relu);
            }
        }));
    }

    /// <inheritdoc/>
    public override (double[] Sums, double[] Products) SumGradients(
        ImageView gradient, nint input, int pixels, in ScaleShift normalization, float[] mean, int threads)
    {
        var (scale, shift, relu) = normalization;
        return Sums(pixels, scale.Length, threads, (start, end, sums, products) =>
        {
            fixed (float* factor = scale, offset = shift, center = mean)
            {
                AddProducts((T*)gradient.Address, gradient.PixelStride, (T*)input, start, end, scale.Length, factor, offset, center, relu, sums, products);
            }
        });
    }

    /// <inheritdoc/>
    public override void InputGradient(
        ImageView gradient, nint input, nint result, int pixels, in ScaleShift normalization, float[] perInput, float[] constant, int threads)
    {
        var (scale, shift, relu) = normalization;
        ParallelFor.Run(threads, ParallelWork.OverRanges(pixels, ParallelFor.RangeCount(pixels, scale.Length), (_, start, end) =>
        {
            fixed (float* factor = scale, offset = shift, slope = perInput, level = constant)
            {
                InputGradient((T*)gradient.Address, gradient.PixelStride, (T*)input, (T*)result, start, end, scale.Length, factor, offset, slope, level, relu);
            }
        }));
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
                TLoader.Load(row + channel, out var a, out var b);
                Float32Loader.Load(origin + channel, out var originA, out var originB);
                a -= originA;
                b -= originB;
                Float32Loader.Load(sums + block, out var sumA, out var sumB);
                Float32Loader.Store(sumA + a, sumB + b, sums + block);
                Float32Loader.Load(squares + block, out var squareA, out var squareB);
                Float32Loader.Store(Vector.MultiplyAddEstimate(a, a, squareA), Vector.MultiplyAddEstimate(b, b, squareB), squares + block);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normalize(T* input, T* output, int start, int end, int channels, float* scale, float* shift, bool relu)
    {
        for (var pixel = start; pixel < end; pixel++)
        {
            var at = (nint)pixel * channels;
            for (var block = 0; block < channels; block += Block)
            {
                var channel = Math.Min(block, channels - Block);
                TLoader.Load(input + at + channel, out var a, out var b);
                Float32Loader.Load(scale + channel, out var scaleA, out var scaleB);
                Float32Loader.Load(shift + channel, out var shiftA, out var shiftB);
                a = Affine(a, scaleA, shiftA);
                b = Affine(b, scaleB, shiftB);
                if (relu)
                {
                    a = Vector.ConditionalSelect(IsCutOff(a), Vector<float>.Zero, a);
                    b = Vector.ConditionalSelect(IsCutOff(b), Vector<float>.Zero, b);
                }

                TLoader.Store(a, b, output + at + channel);
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
                Float32Loader.Load(mean + channel, out var meanA, out var meanB);
                Float32Loader.Load(sums + block, out var sumA, out var sumB);
                Float32Loader.Store(sumA + a, sumB + b, sums + block);
                Float32Loader.Load(products + block, out var productA, out var productB);
                Float32Loader.Store(
                    Vector.MultiplyAddEstimate(a, x - meanA, productA), Vector.MultiplyAddEstimate(b, y - meanB, productB), products + block);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InputGradient(
        T* gradient, int stride, T* input, T* result, int start, int end, int channels, float* scale, float* shift, float* perInput, float* constant, bool relu)
    {
        for (var pixel = start; pixel < end; pixel++)
        {
            var at = (nint)pixel * channels;
            for (var block = 0; block < channels; block += Block)
            {
                var channel = Math.Min(block, channels - Block);
                Passed(gradient + ((nint)pixel * stride) + channel, input + at + channel, scale + channel, shift + channel, relu, out var a, out var b, out var x, out var y);
                Float32Loader.Load(scale + channel, out var scaleA, out var scaleB);
                Float32Loader.Load(perInput + channel, out var perInputA, out var perInputB);
                Float32Loader.Load(constant + channel, out var constantA, out var constantB);
                TLoader.Store(Affine(a, scaleA, Affine(x, perInputA, constantA)), Affine(b, scaleB, Affine(y, perInputB, constantB)), result + at + channel);
            }
        }
    }

    // The gradient where ReLU let its input through, and the normalization's input.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Passed(
        T* gradient, T* input, float* scale, float* shift, bool relu, out Vector<float> a, out Vector<float> b, out Vector<float> x, out Vector<float> y)
    {
        TLoader.Load(gradient, out a, out b);
        TLoader.Load(input, out x, out y);
        if (relu)
        {
            Float32Loader.Load(scale, out var scaleA, out var scaleB);
            Float32Loader.Load(shift, out var shiftA, out var shiftB);
            a = Vector.ConditionalSelect(IsCutOff(Affine(x, scaleA, shiftA)), Vector<float>.Zero, a);
            b = Vector.ConditionalSelect(IsCutOff(Affine(y, scaleB, shiftB)), Vector<float>.Zero, b);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Affine(Vector<float> value, Vector<float> scale, Vector<float> shift) => Vector.MultiplyAddEstimate(value, scale, shift);

    // By ReLU; a NaN is not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> IsCutOff(Vector<float> value) => Vector.AsVectorSingle(Vector.LessThanOrEqual(value, Vector<float>.Zero));

    private static float[] Widened(T* pixel, int channels)
    {
        var widened = new float[channels];
        fixed (float* to = widened)
        {
            for (var block = 0; block < channels; block += Block)
            {
                var channel = Math.Min(block, channels - Block);
                TLoader.Load(pixel + channel, out var a, out var b);
                Float32Loader.Store(a, b, to + channel);
            }
        }

        return widened;
    }

    // Two sums for each channel over all pixels. The sums that add is given have a place for each channel of each block, so that the last block has its own.
    private static (double[] First, double[] Second) Sums(int pixels, int channels, int threads, Add add)
    {
        var places = (channels + Block - 1) / Block * Block;
        var ranges = ParallelFor.RangeCount(pixels, channels);
        var sums = (double*)ScratchBuffer.Shared(ranges * 2 * places * (sizeof(double) / sizeof(float)));
        new Span<double>(sums, ranges * 2 * places).Clear();
        ParallelFor.Run(threads, ParallelWork.OverRanges(pixels, ranges, (range, start, end) =>
        {
            var partial = stackalloc float[2 * places];
            for (var from = start; from < end; from += Chunk)
            {
                new Span<float>(partial, 2 * places).Clear();
                add(from, Math.Min(from + Chunk, end), partial, partial + places);
                AddTo(sums + (range * 2 * places), partial, 2 * places);
            }
        }));

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
