using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>How elements between elements are computed.</summary>
    public enum InterpolationMode
    {
        /// <summary>The nearest, by libtorch's older rounding.</summary>
        Nearest = 0,
        /// <summary>Linear, for (N, C, W).</summary>
        Linear = 1,
        /// <summary>Bilinear, for (N, C, H, W).</summary>
        Bilinear = 2,
        /// <summary>Bicubic, for (N, C, H, W).</summary>
        Bicubic = 3,
        /// <summary>Trilinear, for (N, C, D, H, W).</summary>
        Trilinear = 4,
        /// <summary>The mean of an area.</summary>
        Area = 5,
        /// <summary>The nearest.</summary>
        NearestExact = 6,
    }

    /// <summary>How a grid samples between elements.</summary>
    public enum GridSampleMode
    {
        /// <summary>The nearest.</summary>
        Nearest = 0,
        /// <summary>Bilinear.</summary>
        Bilinear = 2,
    }

    /// <summary>What a grid samples beyond the edge.</summary>
    public enum GridSamplePaddingMode
    {
        /// <summary>Zeros.</summary>
        Zeros = 0,
        /// <summary>The inside, mirrored.</summary>
        Reflection = 1,
        /// <summary>The edge.</summary>
        Border = 2,
    }

    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>Pads: two numbers per dimension, the last dimension first. Negative ones crop.</summary>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
            {
                // libtorch numbers constant, reflect, replicate, circular from 0.
                var number = mode is PaddingModes.Zeros or PaddingModes.Constant ? 0L : (long)mode;
                return Aten.pad.Call(input, pad, number, value == 0 ? default(Arg) : value);
            }

            /// <summary>Pads the last dimension.</summary>
            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2], mode, value);

            /// <summary>Pads the last two dimensions, the last one first.</summary>
            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            /// <summary>Pads every dimension on both sides, batch and channels too.</summary>
            public static Tensor pad(Tensor input, long pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [.. Enumerable.Repeat(pad, 2 * (int)input.ndim)], mode, value);

            /// <summary>Samples (N, C, H, W) at the places (N, h, w, 2) of a grid, whose x and y run from -1 to 1 across the input.</summary>
            public static Tensor grid_sample(
                Tensor input, Tensor grid, GridSampleMode mode = GridSampleMode.Bilinear, GridSamplePaddingMode padding_mode = GridSamplePaddingMode.Zeros, bool? align_corners = null) =>
                Aten.grid_sampler.Call(input, grid, mode == GridSampleMode.Bilinear ? 0L : 1L, Number(padding_mode), align_corners ?? false);

            private static long Number(GridSamplePaddingMode mode) => mode switch
            {
                GridSamplePaddingMode.Border => 1,
                GridSamplePaddingMode.Reflection => 2,
                _ => 0,
            };
        }
    }
}
