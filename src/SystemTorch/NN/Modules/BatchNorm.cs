using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Batch normalisation: by the batch in training mode, by the running statistics in evaluation mode.</summary>
    public abstract class BatchNorm : NormBase
    {
        /// <summary>A normalisation of <paramref name="num_features"/> channels.</summary>
        public BatchNorm(long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype, string name)
            : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name)
        {
        }

        /// <summary>Normalises each channel.</summary>
        /// <exception cref="ArgumentException">The input has the wrong dimensions.</exception>
        public override Tensor forward(Tensor input)
        {
            ValidateInputDimensions(input);
            var average = momentum ?? 0.0;
            if (training && track_running_stats && num_batches_tracked is { } batches)
            {
                batches.add_(1);
                average = momentum ?? 1.0 / batches.ToDouble();
            }
            var byBatch = training || (running_mean is null && running_var is null);
            var tracked = !training || track_running_stats;
            return nn.functional.batch_norm(
                input, tracked ? running_mean! : null!, tracked ? running_var! : null!, weight, bias, byBatch, average, eps);
        }
    }

    /// <summary>Batch normalisation of images (N, C, H, W).</summary>
    public sealed class BatchNorm2d : BatchNorm
    {
        // TorchSharp names it so.
        internal BatchNorm2d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype)
            : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, "BatchNorm1d")
        {
        }

        /// <summary>Checks for four dimensions.</summary>
        /// <exception cref="ArgumentException">They are others.</exception>
        protected override void ValidateInputDimensions(Tensor input)
        {
            if (input.ndim != 4)
            {
                throw new ArgumentException($"expected 4D input, but got {input.ndim}D input.");
            }
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Batch normalisation of images (N, C, H, W).</summary>
            public static Modules.BatchNorm2d BatchNorm2d(
                long num_features, double eps = 1e-05, double momentum = 0.1, bool affine = true, bool track_running_stats = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);
        }
    }
}
