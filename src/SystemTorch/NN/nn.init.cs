namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Ways to fill a new parameter. They change the tensor, record nothing for gradients, and return it.</summary>
        internal static partial class init
        {
            /// <summary>Whether the variance is kept forwards or backwards.</summary>
            public enum FanInOut
            {
                /// <summary>Forwards: counts inputs.</summary>
                FanIn = 0,
                /// <summary>Backwards: counts outputs.</summary>
                FanOut = 1,
            }

            /// <summary>What follows a layer.</summary>
            public enum NonlinearityType
            {
                /// <summary>Nothing.</summary>
                Linear = 0,
                /// <summary>A convolution.</summary>
                Conv1D = 1,
                /// <summary>A convolution.</summary>
                Conv2D = 2,
                /// <summary>A convolution.</summary>
                Conv3D = 3,
                /// <summary>A transposed convolution.</summary>
                ConvTranspose1D = 4,
                /// <summary>A transposed convolution.</summary>
                ConvTranspose2D = 5,
                /// <summary>A transposed convolution.</summary>
                ConvTranspose3D = 6,
                /// <summary>The logistic function.</summary>
                Sigmoid = 7,
                /// <summary>The hyperbolic tangent.</summary>
                Tanh = 8,
                /// <summary>A rectifier.</summary>
                ReLU = 9,
                /// <summary>A rectifier with a slope below zero.</summary>
                LeakyReLU = 10,
            }

            /// <summary>Sets every element.</summary>
            public static Tensor constant_(Tensor tensor, Scalar val) => WithoutGradient(tensor, t => t.fill_(val));

            /// <summary>Sets every element to zero.</summary>
            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            /// <summary>Sets every element to one.</summary>
            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            /// <summary>Draws evenly from [low, high). As in TorchSharp, the default generator draws.</summary>
            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null) => WithoutGradient(tensor, t => t.uniform_(low, high));

            /// <summary>Draws from a normal distribution. As in TorchSharp, the default generator draws.</summary>
            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) => WithoutGradient(tensor, t => t.normal_(mean, std));

            /// <summary>Glorot and Bengio's uniform initialisation: ±gain · √(6 / (fan in + fan out)).</summary>
            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1.0)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                var bound = gain * Math.Sqrt(6.0 / (fanIn + fanOut));
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>He et al.'s uniform initialisation: ±gain · √(3 / fan); <paramref name="a"/> is the slope below zero of a leaky rectifier.</summary>
            public static Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                var bound = Gain(nonlinearity, a) * Math.Sqrt(3.0 / (mode == FanInOut.FanIn ? fanIn : fanOut));
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>How many inputs an output of a weight (out, in, …) has, and how many outputs an input.</summary>
            /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length < 2)
                {
                    throw new ArgumentException("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
                }

                var receptive = shape.Skip(2).Aggregate(1L, (product, size) => product * size);
                return (shape[1] * receptive, shape[0] * receptive);
            }

            private static double Gain(NonlinearityType nonlinearity, double slope) => nonlinearity switch
            {
                NonlinearityType.Tanh => 5.0 / 3.0,
                NonlinearityType.ReLU => Math.Sqrt(2),
                NonlinearityType.LeakyReLU => Math.Sqrt(2 / (1 + slope * slope)),
                _ => 1,
            };

            private static Tensor WithoutGradient(Tensor tensor, Func<Tensor, Tensor> fill)
            {
                using var _ = no_grad();
                return fill(tensor);
            }
        }
    }
}
