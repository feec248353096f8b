using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The sum of all elements; whole numbers are summed as Int64 unless a type is given.</summary>
        public Tensor sum(ScalarType? type = null) => Aten.sum.Call(this, type);

        /// <summary>The sums over one dimension.</summary>
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);

        /// <summary>The sums over several dimensions.</summary>
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Aten.sum_dim.Call(this, dim, keepdim, type);

        /// <summary>The mean of all elements.</summary>
        public Tensor mean() => Aten.mean.Call(this);

        /// <summary>The means over several dimensions.</summary>
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Aten.mean_dim.Call(this, dimensions, keepdim, type);

        /// <summary>The largest element.</summary>
        public Tensor max() => Aten.max.Call(this);

        /// <summary>The largest elements over one dimension, and their indices.</summary>
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Aten.max_dim.CallPair(this, dim, keepdim);

        /// <summary>The smallest element.</summary>
        public Tensor min() => Aten.min.Call(this);

        /// <summary>The smallest elements over one dimension, and their indices.</summary>
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Aten.min_dim.CallPair(this, dim, keepdim);

        /// <summary>The index of the largest element of the flattened tensor.</summary>
        public Tensor argmax() => Aten.argmax.Call(this);

        /// <summary>The indices of the largest elements over one dimension.</summary>
        public Tensor argmax(long dim, bool keepdim = false) => Aten.argmax.Call(this, dim, keepdim);

        /// <summary>The k largest or smallest elements over one dimension, and their indices.</summary>
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Aten.topk.CallPair(this, k, dim, largest, sorted);

        /// <summary>Whether no element is zero or false.</summary>
        public Tensor all() => Aten.all.Call(this);

        /// <summary>Whether some element is neither zero nor false.</summary>
        public Tensor any() => Aten.any.Call(this);

        /// <summary>The p-norm of the flattened tensor.</summary>
        public Tensor norm(float p = 2.0f) => Aten.norm.Call(this, (double)p);

        /// <summary>The p-norms along one dimension. A whole number alone is a dimension, not an order.</summary>
        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => Aten.norm_dim.Call(this, (double)p, new long[] { dim }, keepdim);

        /// <summary>The softmax over one dimension.</summary>
        public Tensor softmax(long dim, ScalarType? dtype = null) => Aten.softmax.Call(this, dim, dtype);

        /// <summary>The logarithm of the softmax over one dimension.</summary>
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Aten.log_softmax.Call(this, dim, dtype);

        /// <summary>The elements, at least 0.</summary>
        public Tensor relu() => Aten.relu.Call(this);

        /// <summary>Raises the elements to at least 0.</summary>
        public Tensor relu_()
        {
            Aten.relu_.Run(this);
            return this;
        }
    }
}
