using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The same elements under another shape, without copying; one size may be -1.</summary>
        public Tensor view(params long[] shape) => Aten.view.Call(this, shape);

        /// <summary>The same elements under the shape of <paramref name="other"/>, without copying.</summary>
        public Tensor view_as(Tensor other) => view(other.shape);

        /// <summary>The same elements under another shape, copied where the strides demand it; one size may be -1.</summary>
        public Tensor reshape(params long[] shape) => Aten.reshape.Call(this, shape);

        /// <summary>Makes one dimension of those from <paramref name="start_dim"/> to <paramref name="end_dim"/>.</summary>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Aten.flatten.Call(this, start_dim, end_dim);

        /// <summary>The dimensions in another order, without copying.</summary>
        public Tensor permute(params long[] permutation) => Aten.permute.Call(this, permutation);

        /// <summary>Swaps two dimensions, without copying.</summary>
        public Tensor transpose(long dim0, long dim1) => Aten.transpose.Call(this, dim0, dim1);

        /// <summary>Puts in a dimension of size 1.</summary>
        public Tensor unsqueeze(long dim) => Aten.unsqueeze.Call(this, dim);

        /// <summary>Takes out one dimension of size 1, or all of them.</summary>
        public Tensor squeeze(long? dim = null) => dim is { } d ? Aten.squeeze_dim.Call(this, d) : Aten.squeeze.Call(this);

        /// <summary>Repeats dimensions of size 1, without copying; -1 keeps a size.</summary>
        public Tensor expand(params long[] sizes) => Aten.expand.Call(this, sizes);

        /// <summary>A part of one dimension, without copying.</summary>
        public Tensor narrow(long dim, long start, long length) => Aten.narrow.Call(this, dim, start, length);

        /// <summary>One index of one dimension, which disappears, without copying.</summary>
        public Tensor select(long dim, long index) => Aten.select.Call(this, dim, index);

        /// <summary>Views of parts of one dimension, of the given sizes, which add up to it.</summary>
        public Tensor[] split(long[] sizes, long dim = 0L) => Aten.split.CallList(this, sizes, dim);

        /// <summary>The indices of one dimension that <paramref name="index"/> lists, copied.</summary>
        public Tensor index_select(long dim, Tensor index) => Aten.index_select.Call(this, dim, index);

        /// <summary>Picks along one dimension the element that <paramref name="index"/> says for each place.</summary>
        public Tensor gather(long dim, Tensor index) => Aten.gather.Call(this, dim, index);

        /// <summary>A view of any size and strides, in elements.</summary>
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0L) => Aten.as_strided.Call(this, size, strides, storageOffset);

        /// <summary>A copy with the given dimensions reversed.</summary>
        public Tensor flip(params long[] dims) => Aten.flip.Call(this, dims);

        /// <summary>The tensor itself where it is contiguous, a contiguous copy elsewhere.</summary>
        public Tensor contiguous() => Aten.contiguous.Call(this);

        /// <summary>A copy with the same strides where they are dense.</summary>
        public Tensor clone() => Aten.clone.Call(this);

        /// <summary>Another object for the same native tensor.</summary>
        public Tensor alias()
        {
            var same = new Tensor(Native.st_tensor_alias(Handle));
            GC.KeepAlive(this);
            return same;
        }

        /// <summary>Copies the elements of <paramref name="source"/>, converted and broadcast, into this tensor.</summary>
        /// <returns>This tensor.</returns>
        public Tensor copy_(Tensor source, bool nonBlocking = false) => InPlace(Aten.copy_, source, nonBlocking);

        /// <summary>Makes this tensor share the memory, size and strides of <paramref name="source"/>.</summary>
        /// <returns>This tensor.</returns>
        public Tensor set_(Tensor source) => InPlace(Aten.set_, source);

        /// <summary>Sets every element.</summary>
        /// <returns>This tensor.</returns>
        public Tensor fill_(Scalar value) => InPlace(Aten.fill_, value);

        /// <summary>Sets every element to zero.</summary>
        /// <returns>A second handle of this tensor, unlike the other methods that work in place; TorchSharp's does the same.</returns>
        public Tensor zero_() => Aten.zero_.Call(this);

        private Tensor InPlace(Op op, Arg argument)
        {
            op.Run(this, argument);
            return this;
        }

        private Tensor InPlace(Op op, Arg first, Arg second)
        {
            op.Run(this, first, second);
            return this;
        }
    }
}
