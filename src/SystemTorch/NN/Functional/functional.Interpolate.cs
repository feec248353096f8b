using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly ConcurrentDictionary<string, Op> Resizing = new();

            /// <summary>
            /// Resizes the dimensions behind (N, C) to <paramref name="size"/> or by <paramref name="scale_factor"/>.
            /// <paramref name="align_corners"/> belongs to the linear and cubic modes only, where null is false.
            /// </summary>
            /// <exception cref="ExternalException">The arguments contradict each other or the input.</exception>
            public static Tensor interpolate(
                Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null, bool recompute_scale_factor = false, bool antialias = false)
            {
                var spatial = (int)x.ndim - 2;
                var smooth = mode is InterpolationMode.Linear or InterpolationMode.Bilinear or InterpolationMode.Bicubic or InterpolationMode.Trilinear;
                Require(spatial is >= 1 and <= 3, $"Input Error: Only 3D, 4D and 5D input Tensors supported (got {x.ndim}D)");
                Require(smooth || align_corners is null, "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear");
                Require(size is null != scale_factor is null, "only one of size or scale_factor should be defined");
                Require((size?.Length ?? scale_factor!.Length) == spatial, $"Input is {x.ndim}D, so size or scale_factor needs {spatial} numbers");
                var output = size ?? x.shape.Skip(2).Zip(scale_factor!, (length, scale) => (long)Math.Floor(length * scale)).ToArray();
                if (mode == InterpolationMode.Area)
                {
                    return Resizer($"adaptive_avg_pool{spatial}d").Call(x, output);
                }

                var op = Upsampling(mode, spatial, antialias);
                var scales = Enumerable.Range(0, spatial).Select(d => recompute_scale_factor ? null : scale_factor?[d]).Select(s => (Arg)s);
                Arg[] args = smooth ? [x, output, align_corners ?? false, .. scales] : [x, output, .. scales];
                return op.Call(args);
            }

            private static Op Upsampling(InterpolationMode mode, int spatial, bool antialias)
            {
                var name = (mode, spatial, antialias) switch
                {
                    (InterpolationMode.Nearest, _, false) => $"upsample_nearest{spatial}d",
                    (InterpolationMode.NearestExact, _, false) => $"_upsample_nearest_exact{spatial}d",
                    (InterpolationMode.Linear, 1, false) => "upsample_linear1d",
                    (InterpolationMode.Bilinear, 2, false) => "upsample_bilinear2d",
                    (InterpolationMode.Bilinear, 2, true) => "_upsample_bilinear2d_aa",
                    (InterpolationMode.Bicubic, 2, false) => "upsample_bicubic2d",
                    (InterpolationMode.Bicubic, 2, true) => "_upsample_bicubic2d_aa",
                    (InterpolationMode.Trilinear, 3, false) => "upsample_trilinear3d",
                    _ => throw new ExternalException($"{mode} interpolation{(antialias ? " with antialias" : "")} does not apply to {spatial + 2}D input"),
                };
                return Resizer(name);
            }

            private static Op Resizer(string name) => Resizing.GetOrAdd(name, key => new Op(key));

            private static void Require(bool condition, string message)
            {
                if (!condition)
                {
                    throw new ExternalException(message);
                }
            }
        }
    }
}
