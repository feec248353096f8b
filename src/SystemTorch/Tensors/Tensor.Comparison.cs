using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Where this = target.</summary>
        public Tensor eq(Tensor target) => Aten.eq.Call(this, target);

        /// <summary>Where this = target.</summary>
        public Tensor eq(Scalar target) => Aten.eq_Scalar.Call(this, target);

        /// <summary>Where this ≠ target.</summary>
        public Tensor ne(Tensor target) => Aten.ne.Call(this, target);

        /// <summary>Where this ≠ target.</summary>
        public Tensor ne(Scalar target) => Aten.ne_Scalar.Call(this, target);

        /// <summary>Where this &lt; target.</summary>
        public Tensor lt(Tensor target) => Aten.lt.Call(this, target);

        /// <summary>Where this &lt; target.</summary>
        public Tensor lt(Scalar target) => Aten.lt_Scalar.Call(this, target);

        /// <summary>Where this ≤ target.</summary>
        public Tensor le(Tensor target) => Aten.le.Call(this, target);

        /// <summary>Where this ≤ target.</summary>
        public Tensor le(Scalar target) => Aten.le_Scalar.Call(this, target);

        /// <summary>Where this &gt; target.</summary>
        public Tensor gt(Tensor target) => Aten.gt.Call(this, target);

        /// <summary>Where this &gt; target.</summary>
        public Tensor gt(Scalar target) => Aten.gt_Scalar.Call(this, target);

        /// <summary>Where this ≥ target.</summary>
        public Tensor ge(Tensor target) => Aten.ge.Call(this, target);

        /// <summary>Where this ≥ target.</summary>
        public Tensor ge(Scalar target) => Aten.ge_Scalar.Call(this, target);

        /// <summary>Where this = target: the same as <see cref="eq(Tensor)"/>.</summary>
        public Tensor equal(Tensor target) => eq(target);

        /// <summary>Where the elements are neither infinite nor NaN.</summary>
        public Tensor isfinite() => Aten.isfinite.Call(this);

        /// <summary>Whether both tensors have one shape and equal elements.</summary>
        public bool Equals(Tensor target) => target is not null && Aten.equal.CallScalar(this, target).ToBoolean();

        /// <summary>Whether |this − target| ≤ atol + rtol · |target| everywhere.</summary>
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            target is not null && Aten.allclose.CallScalar(this, target, rtol, atol, equal_nan).ToBoolean();
    }
}
