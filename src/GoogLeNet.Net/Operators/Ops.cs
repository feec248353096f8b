using Inception.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception.Operators;

/// <summary>A max pooling of images of a given size.</summary>
/// <param name="Kernel">Height and width of a window, in pixels.</param>
/// <param name="Stride">Pixels from one window to the next.</param>
/// <param name="Top">Rows by which the first window starts above the image.</param>
/// <param name="Left">Columns by which it starts to the left of the image.</param>
/// <param name="Rows">Height of the output.</param>
/// <param name="Columns">Width of the output. Every window reaches into the image.</param>
internal readonly record struct Pool2d(int Kernel, int Stride, int Top, int Left, int Rows, int Columns);

/// <summary>
/// Operators of <c>torch.nn.functional</c>. On a CPU this library's kernels compute them where they are faster; otherwise libtorch does. Which one it is depends on the
/// device, type, memory layout and size, and on nothing that the caller has to know.
/// </summary>
internal static class Ops
{
    [ThreadStatic]
    private static Generator? dropoutGenerator;

    [ThreadStatic]
    private static TrainingPass? pass;

    /// <summary>Whether batch normalizations take their statistics over several processes.</summary>
    public static bool SharesStatistics => pass?.SumOverProcesses is not null;

    /// <summary>A convolution, followed by ReLU if asked for. (N, C, H, W) → (N, K, H', W').</summary>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="weight">(K, C, k, k).</param>
    /// <param name="bias">(K), or none.</param>
    /// <param name="stride">Pixels from one window to the next.</param>
    /// <param name="padding">Zeros on each side.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    public static Tensor Conv2d(Tensor x, Tensor weight, Tensor? bias, int stride, int padding, bool relu = false)
    {
        var kernel = weight.size(2);
        if ((kernel, stride, padding) == (3, 1, 1) && Conv2dFunction.IsSupported(x, weight))
        {
            var fused = relu && !is_grad_enabled();
            var output = Conv2dFunction.Convolve(x, weight, bias, fused);
            return relu && !fused ? Relu(output) : output;
        }

        var convolved = (kernel, padding) == (1, 0)
            ? Conv1x1.Apply(x, weight, bias, stride)
            : functional.conv2d(x, weight, bias, strides: [stride, stride], padding: [padding, padding]);
        return relu ? Relu(convolved) : convolved;
    }

    /// <summary>Batch normalization and ReLU; in training it updates the running statistics. Shape unchanged.</summary>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="norms">One or several, side by side on the channels: their channels add up to C.</param>
    public static Tensor BatchNormRelu(Tensor x, params BatchNorm2d[] norms)
    {
        var joined = new JoinedNorms(norms);
        if (joined.IsTraining && pass is { SumOverProcesses: not null } shared)
        {
            shared.NormSynchronized(norms.Length);
            return BatchNormReluFunction.IsSupported(x, joined) ? BatchNormReluFunction.Normalize(x, joined, relu: true, shared) : SynchronizedBatchNorm.Normalize(x, joined, relu: true, shared);
        }

        return BatchNormReluFunction.IsSupported(x, joined) ? BatchNormReluFunction.Normalize(x, joined, relu: true) : Relu(BatchNorm(x, joined));
    }

    /// <summary>Max pooling. (N, C, H, W) → (N, C, H', W').</summary>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="pool">The windows.</param>
    public static Tensor MaxPool2d(Tensor x, in Pool2d pool)
    {
        var shape = new Pool2dShape(
            (int)x.size(0), (int)x.size(2), (int)x.size(3), (int)x.size(1), pool.Rows, pool.Columns, pool.Kernel, pool.Stride, pool.Top, pool.Left);
        return MaxPool2dFunction.IsSupported(x, shape) ? MaxPool2dFunction.Pool(x, shape) : MaxPool2dByLibtorch(x, shape);
    }

    /// <summary>Dropout: in training each value is 0 with a probability, and the others are scaled up so that the mean stays. Shape unchanged.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="probability">Of a 0, in [0, 1).</param>
    /// <param name="training">Whether anything is dropped.</param>
    public static Tensor Dropout(Tensor x, double probability, bool training)
    {
        if (!training || dropoutGenerator is null)
        {
            return functional.dropout(x, probability, training);
        }

        // Drawn on the CPU: TorchSharp has no generators of one's own on GPUs.
        var rows = pass?.Rows;
        using var drawn = empty([rows?.Total ?? x.size(0), .. x.shape[1..]], dtype: x.dtype, device: CPU).bernoulli_(1 - probability, dropoutGenerator);
        using var own = rows is { First: var first } ? drawn.narrow(0, first, x.size(0)) : drawn.alias();
        using var kept = own.SentTo(x.device);
        kept.Divide_(1 - probability);
        return x * kept;
    }

    /// <summary>
    /// Until the result is disposed, on this thread: <see cref="Dropout"/> draws from the pass's seed, instead of the process's generator, and <see cref="BatchNormRelu"/> takes its
    /// statistics over all processes where the pass asks for it.
    /// </summary>
    public static IDisposable Begin(TrainingPass training)
    {
        (pass, dropoutGenerator) = (training, new Generator((ulong)training.Seed, CPU));
        return new PassScope();
    }

    private sealed class PassScope : IDisposable
    {
        public void Dispose()
        {
            dropoutGenerator?.Dispose();
            (pass, dropoutGenerator) = (null, null);
        }
    }

    private static Tensor Relu(Tensor x)
    {
        using (x)
        {
            return functional.relu(x, inplace: true);
        }
    }

    // By libtorch.
    private static Tensor BatchNorm(Tensor x, JoinedNorms joined)
    {
        using var scope = NewDisposeScope();
        var norm = joined.Norms[0];
        var mean = joined.Join(each => each.running_mean!);
        var variance = joined.Join(each => each.running_var!);
        var output = functional.batch_norm(
            x, mean, variance, joined.Join(each => each.weight), joined.Join(each => each.bias!), norm.training, norm.momentum!.Value, norm.eps);
        if (joined.IsTraining)
        {
            using var frozen = no_grad();
            if (joined.Norms.Count > 1)
            {
                // The running statistics were updated in the joined copies; each norm gets its part back.
                foreach (var ((each, ownMean), ownVariance) in joined.Norms.Zip(joined.Split(mean)).Zip(joined.Split(variance)))
                {
                    each.running_mean!.copy_(ownMean);
                    each.running_var!.copy_(ownVariance);
                }
            }

            joined.CountBatch();
        }

        return output.MoveToOuterDisposeScope();
    }

    private static Tensor MaxPool2dByLibtorch(Tensor x, Pool2dShape pool)
    {
        var (kernel, stride) = (pool.Kernel, pool.Stride);
        foreach (var ceil in (ReadOnlySpan<bool>)[false, true])
        {
            if (OutputSize(pool.Height, pool.Top, ceil) == pool.Rows && OutputSize(pool.Width, pool.Left, ceil) == pool.Columns)
            {
                return functional.max_pool2d(x, (kernel, kernel), (stride, stride), (pool.Top, pool.Left), ceil_mode: ceil);
            }
        }

        // The two axes round differently, or the last windows reach further beyond the image than rounding up would let them.
        using var padded = functional.pad(
            x, (pool.Left, Reach(pool.Columns, pool.Left, pool.Width), pool.Top, Reach(pool.Rows, pool.Top, pool.Height)), PaddingModes.Constant, double.NegativeInfinity);
        return functional.max_pool2d(padded, (kernel, kernel), (stride, stride));

        // libtorch's rule: a window that would start beyond the input and the padding before it does not exist.
        int OutputSize(int size, int padding, bool ceil)
        {
            var output = (int)Math.Floor((size + (2 * padding) - kernel + (ceil ? stride - 1 : 0)) / (double)stride) + 1;
            return ceil && (output - 1) * stride >= size + padding ? output - 1 : output;
        }

        int Reach(int windows, int before, int size) => Math.Max(((windows - 1) * stride) + kernel - before - size, 0);
    }
}
