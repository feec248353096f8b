using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>How a loss over a batch becomes one number.</summary>
        public enum Reduction : long
        {
            /// <summary>It does not.</summary>
            None = 0,
            /// <summary>The mean.</summary>
            Mean = 1,
            /// <summary>The sum.</summary>
            Sum = 2,
        }

        public static partial class functional
        {
            /// <summary>The softmax over one dimension.</summary>
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            /// <summary>The logarithm of the softmax over one dimension.</summary>
            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            /// <summary>The softmax cross entropy of scores (N, C, …) and classes (N, …) or probabilities (N, C, …).</summary>
            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) =>
                Aten.cross_entropy.Call(input, target, weight, (long)reduction, ignore_index, label_smoothing);

            /// <summary>Classes as rows of zeros with a one; -1 takes the largest class for the number of classes.</summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Aten.one_hot.Call(x, num_classes);
        }
    }
}
