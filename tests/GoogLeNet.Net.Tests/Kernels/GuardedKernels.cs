using Inception.Kernels;

namespace Inception.Tests.Kernels;

/// <summary>The kernels of training on <see cref="GuardedMemory"/>, at sizes that leave remainders in every direction.</summary>
internal static class GuardedKernels
{
    private const int Threads = 2;

    /// <summary>Runs them; says before each what comes.</summary>
    public static void Run()
    {
        foreach (var type in new[] { ElementType.Float32, ElementType.BFloat16 })
        {
            foreach (var (images, height, width) in new[] { (1, 1, 1), (2, 5, 7), (3, 9, 4), (1, 16, 13) })
            {
                foreach (var channels in new[] { BatchNormKernel.Block, BatchNormKernel.Block + 1, 64, 67 })
                {
                    Console.WriteLine($"batch norm, {type}, {images} of {height}×{width}×{channels}");
                    Norm(type, images * height * width, channels);
                }

                foreach (var channels in new[] { MaxPoolKernel.Block, MaxPoolKernel.Block + 1, (3 * MaxPoolKernel.Block) - 1 })
                {
                    foreach (var (kernel, stride, padding) in new[] { (3, 2, 0), (3, 1, 1), (2, 2, 0), (3, 2, 1) })
                    {
                        Console.WriteLine($"max pooling {kernel}×{kernel}/{stride}, padding {padding}, {type}, {images} of {height}×{width}×{channels}");
                        Pool(type, images, height, width, channels, kernel, stride, padding);
                    }
                }

                foreach (var (inputs, outputs) in new[] { (32, 32), (16, 64), (36, 48), (96, 20) }.Where(pair => WinogradConv2d.IsSupported(pair.Item1) && WinogradConv2d.IsSupported(pair.Item2)))
                {
                    foreach (var channelsLast in new[] { false, true })
                    {
                        Console.WriteLine($"Winograd, {type}, {images} of {height}×{width}, {inputs} to {outputs} channels, filters' channels {(channelsLast ? "last" : "first")}");
                        Winograd(type, new(images, height, width, inputs, outputs), channelsLast);
                    }
                }
            }
        }
    }

    private static void Norm(ElementType type, int pixels, int channels)
    {
        var kernel = BatchNormKernel.For(type);
        using var memory = new Pieces(type);
        var (x, gradient, output) = (memory.Numbers(pixels * channels), memory.Numbers(pixels * channels), memory.Numbers(pixels * channels));
        var (mean, variance) = kernel.Moments(x, pixels, channels, Threads);
        var statistics = new BatchStatistics(mean, variance, pixels, new float[channels], new float[channels], 1e-3, relu: true);
        kernel.Normalize(x, output, pixels, statistics.Normalization, Threads);
        var view = new ImageView(gradient, channels, channels);
        var (sums, products) = kernel.SumGradients(view, x, pixels, statistics.Normalization, statistics.Mean, Threads);
        var (perInput, constant) = statistics.InputGradientTerms(sums, products);
        kernel.InputGradient(view, x, output, pixels, statistics.Normalization, perInput, constant, Threads);
    }

    private static void Pool(ElementType type, int images, int height, int width, int channels, int window, int stride, int padding)
    {
        var (rows, columns) = (((height + (2 * padding) - window) / stride) + 1, ((width + (2 * padding) - window) / stride) + 1);
        if (height + (2 * padding) < window || width + (2 * padding) < window)
        {
            return;
        }

        var shape = new Pool2dShape(images, height, width, channels, rows, columns, window, stride, padding, padding);
        using var memory = new Pieces(type);
        var (x, output, indices) = (memory.Numbers(images * height * width * channels), memory.Numbers(images * rows * columns * channels), memory.Bytes(images * rows * columns * channels));
        ParallelFor.Run(Threads, MaxPoolKernel.For(type).Forward(x, output, 0, shape));
        ParallelFor.Run(Threads, MaxPoolKernel.For(type).Forward(x, output, indices, shape));
        ParallelFor.Run(Threads, MaxPoolKernel.For(type).InputGradient(output, indices, x, shape));
    }

    private static void Winograd(ElementType type, Conv2dShape shape, bool channelsLast)
    {
        var kernel = WinogradConv2d.For(type);
        using var memory = new Pieces(type);
        var input = new ImageView(memory.Numbers(shape.Pixels * shape.Inputs), shape.Inputs, shape.Inputs);
        var output = new ImageView(memory.Numbers(shape.Pixels * shape.Outputs), shape.Outputs, shape.Outputs);
        var filters = FilterView.Dense(memory.Numbers(shape.Outputs * shape.Inputs * 9), shape.Inputs, channelsLast);
        kernel.Convolve(input, filters, memory.Numbers(shape.Outputs), relu: true, output, shape, Threads);
        kernel.Convolve(output, filters.Transposed(type == ElementType.Float32 ? 4 : 2), 0, relu: false, input, shape with { Inputs = shape.Outputs, Outputs = shape.Inputs }, Threads);
        kernel.WeightGradient(input, output, filters, shape, Threads);
    }

    private sealed class Pieces(ElementType type) : IDisposable
    {
        private readonly List<nint> all = [];

        public nint Numbers(int count) => Kept(type == ElementType.Float32 ? GuardedMemory.Of(count) : GuardedMemory.OfHalves(count));

        public nint Bytes(int count) => Kept(GuardedMemory.Allocate((nuint)count));

        public void Dispose() => all.ForEach(GuardedMemory.Free);

        private nint Kept(nint memory)
        {
            all.Add(memory);
            return memory;
        }
    }
}
