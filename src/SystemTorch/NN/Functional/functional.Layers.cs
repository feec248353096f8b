using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What networks compute, without state.</summary>
        public static partial class functional
        {
            /// <summary>Raises elements to at least 0.</summary>
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_().alias() : x.relu();

            /// <summary>Convolves (N, C, H, W) by kernels (out, C / groups, kH, kW) and adds a bias (out).</summary>
            public static Tensor conv2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null, long groups = 1) =>
                Aten.conv2d.Call(input, weight, bias, strides ?? [1], padding ?? [0], dilation ?? [1], groups);

            /// <summary>Convolves (N, C, H, W) by kernels (out, C / groups, kH, kW) and adds a bias (out).</summary>
            public static Tensor conv2d_padding(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, Padding padding = Padding.Valid, long[]? dilation = null, long groups = 1) =>
                Aten.conv2d_padding.Call(input, weight, bias, strides ?? [1], padding == Padding.Same ? "same" : "valid", dilation ?? [1], groups);

            /// <summary>Normalises the channels of (N, C, …): by the batch, which updates the running statistics, or by the running statistics.</summary>
            public static Tensor batch_norm(
                Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight = null, Tensor? bias = null, bool training = false, double momentum = 0.1, double eps = 1e-05) =>
                Aten.batch_norm.Call(input, weight, bias, running_mean, running_var, training, momentum, eps, false);

            /// <summary>Maps (…, in) by a matrix (out, in) and adds a bias (out).</summary>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Aten.linear.Call(input, weights, bias);

            /// <summary>Sets each element to zero with probability <paramref name="p"/> and divides the others by 1 − p; the input itself where not training.</summary>
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                (inplace ? Aten.dropout_ : Aten.dropout).Call(input, p, training);

            /// <summary>Divides each element by (k + alpha · mean of the squares of the <paramref name="size"/> nearest channels) to the power beta.</summary>
            /// <exception cref="ArgumentException">The input has fewer than three dimensions.</exception>
            public static Tensor local_response_norm(Tensor input, long size, double alpha = 0.0001, double beta = 0.75, double k = 1.0)
            {
                if (input.Dimensions < 3)
                {
                    throw new ArgumentException($"Invalid number of dimensions for LocalResponseNorm argument: {input.Dimensions}");
                }

                using var scope = NewDisposeScope();
                var mean = NeighbourMean(input.mul(input), size);
                return input.div(mean.mul(alpha).add(k).pow(beta)).MoveToOuterDisposeScope();
            }

            private static Tensor NeighbourMean(Tensor squares, long size)
            {
                var shape = squares.shape;
                var (before, after) = (size / 2, (size - 1) / 2);
                if (shape.Length == 3)
                {
                    return avg_pool2d(pad(squares.unsqueeze(1), [0, 0, before, after]), (size, 1), (1, 1)).squeeze(1);
                }

                var padded = pad(squares.view(shape[0], 1, shape[1], shape[2], -1), [0, 0, 0, 0, before, after]);
                return Aten.avg_pool3d.Call(padded, new[] { size, 1, 1 }, new[] { 1L }).squeeze(1).view(shape);
            }
        }
    }
}
