using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>The largest element of each window of (N, C, H, W).</summary>
            public static Tensor max_pool2d(
                Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                Aten.max_pool2d.Call(
                    input, kernel_size, strides ?? kernel_size, padding ?? new long[kernel_size.Length], dilation ?? Array.ConvertAll(kernel_size, _ => 1L), ceil_mode);

            /// <summary>The largest element of each square window of (N, C, H, W).</summary>
            public static Tensor max_pool2d(
                Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                max_pool2d(input, Square(kernel_size), Square(stride), Square(padding), Square(dilation), ceil_mode);

            /// <summary>The largest element of each window of (N, C, H, W).</summary>
            public static Tensor max_pool2d(
                Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null, bool ceil_mode = false) =>
                max_pool2d(input, Pair(kernel_size), Pair(stride), Pair(padding), Pair(dilation), ceil_mode);

            /// <summary>The mean of each window of (N, C, H, W); padding counts unless <paramref name="count_include_pad"/> is false.</summary>
            public static Tensor avg_pool2d(
                Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
                Aten.avg_pool2d.Call(
                    input, kernel_size, stride ?? kernel_size, padding ?? [0], ceil_mode, count_include_pad, divisor_override == 0 ? null : divisor_override);

            /// <summary>The mean of each square window of (N, C, H, W); padding counts unless <paramref name="count_include_pad"/> is false.</summary>
            public static Tensor avg_pool2d(
                Tensor input, long kernel_size, long? stride = null, long padding = 0, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
                avg_pool2d(input, Square(kernel_size), Square(stride), Square(padding), ceil_mode, count_include_pad, divisor_override);

            /// <summary>The mean of each window of (N, C, H, W); padding counts unless <paramref name="count_include_pad"/> is false.</summary>
            public static Tensor avg_pool2d(
                Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, bool ceil_mode = false, bool count_include_pad = true,
                long? divisor_override = null) =>
                avg_pool2d(input, Pair(kernel_size), Pair(stride), Pair(padding), ceil_mode, count_include_pad, divisor_override);

            /// <summary>The means of as many windows of (N, C, H, W) as <paramref name="output_size"/> says.</summary>
            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) => Aten.adaptive_avg_pool2d.Call(input, output_size);

            /// <summary>The means of as many windows of (N, C, H, W) as <paramref name="output_size"/> says.</summary>
            public static Tensor adaptive_avg_pool2d(Tensor input, (long, long) output_size) => Aten.adaptive_avg_pool2d.Call(input, output_size);

            /// <summary>The means of as many windows of (N, C, H, W), in both directions, as <paramref name="output_size"/> says.</summary>
            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) => Aten.adaptive_avg_pool2d.Call(input, (output_size, output_size));

            private static long[] Square(long side) => [side, side];

            private static long[]? Square(long? side) => side is { } s ? Square(s) : null;

            private static long[] Pair((long, long) sides) => [sides.Item1, sides.Item2];

            private static long[]? Pair((long, long)? sides) => sides is { } s ? Pair(s) : null;
        }
    }
}
