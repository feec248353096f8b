using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>How a quotient is rounded.</summary>
    public enum RoundingMode
    {
        /// <summary>Not at all.</summary>
        None,
        /// <summary>Towards zero.</summary>
        trunc,
        /// <summary>Downwards.</summary>
        floor,
    }

    /// <summary>The larger of each pair of elements.</summary>
    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);

    /// <summary>The smaller of each pair of elements.</summary>
    public static Tensor minimum(Tensor input, Tensor other) => input.minimum(other);

    /// <summary>Elements of <paramref name="x"/> where the condition holds, of <paramref name="y"/> elsewhere.</summary>
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Aten.where.Call(condition, x, y);

    public partial class Tensor
    {
        /// <summary>this + target, element by element.</summary>
        public Tensor add(Tensor target) => Aten.add.Call(this, target);

        /// <summary>this + alpha · target, element by element.</summary>
        public Tensor add(Tensor target, Scalar alpha) => Aten.add.Call(this, target, alpha);

        /// <summary>this + scalar, element by element.</summary>
        public Tensor add(Scalar scalar) => Aten.add_Scalar.Call(this, scalar);

        /// <summary>this + alpha · scalar, element by element.</summary>
        public Tensor add(Scalar scalar, Scalar alpha) => Aten.add_Scalar.Call(this, scalar, alpha);

        /// <summary>this += target.</summary>
        public Tensor add_(Tensor target) => InPlace(Aten.add_, target);

        /// <summary>this += alpha · target.</summary>
        public Tensor add_(Tensor target, Scalar alpha) => InPlace(Aten.add_, target, alpha);

        /// <summary>this += scalar.</summary>
        public Tensor add_(Scalar scalar) => InPlace(Aten.add__Scalar, scalar);

        /// <summary>this += alpha · scalar.</summary>
        public Tensor add_(Scalar scalar, Scalar alpha) => InPlace(Aten.add__Scalar, scalar, alpha);

        /// <summary>this − target, element by element.</summary>
        public Tensor sub(Tensor target) => Aten.sub.Call(this, target);

        /// <summary>this − target, element by element.</summary>
        public Tensor sub(Scalar target) => Aten.sub_Scalar.Call(this, target);

        /// <summary>this −= target.</summary>
        public Tensor sub_(Tensor target) => InPlace(Aten.sub_, target);

        /// <summary>this −= target.</summary>
        public Tensor sub_(Scalar target) => InPlace(Aten.sub__Scalar, target);

        /// <summary>this · target, element by element.</summary>
        public Tensor mul(Tensor target) => Aten.mul.Call(this, target);

        /// <summary>this · target, element by element.</summary>
        public Tensor mul(Scalar target) => Aten.mul_Scalar.Call(this, target);

        /// <summary>this ·= target.</summary>
        public Tensor mul_(Tensor target) => InPlace(Aten.mul_, target);

        /// <summary>this ·= target.</summary>
        public Tensor mul_(Scalar target) => InPlace(Aten.mul__Scalar, target);

        /// <summary>this / target, element by element, rounded or not.</summary>
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Aten.div.Call(this, target, Name(rounding_mode));

        /// <summary>this / target, element by element, rounded or not.</summary>
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Aten.div_Scalar.Call(this, target, Name(rounding_mode));

        /// <summary>this /= target, rounded or not.</summary>
        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => InPlace(Aten.div_, target, Name(rounding_mode));

        /// <summary>this /= target, rounded or not.</summary>
        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => InPlace(Aten.div__Scalar, target, Name(rounding_mode));

        /// <summary>this += value · tensor1 · tensor2.</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value)
        {
            Aten.addcmul_.Run(this, tensor1, tensor2, value);
            return this;
        }

        /// <summary>this += value · tensor1 / tensor2.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value)
        {
            Aten.addcdiv_.Run(this, tensor1, tensor2, value);
            return this;
        }

        /// <summary>this += weight · (end − this).</summary>
        public Tensor lerp_(Tensor end, Tensor weight) => InPlace(Aten.lerp_, end, weight);

        /// <summary>The elements to a power.</summary>
        public Tensor pow(Scalar exponent) => Aten.pow.Call(this, exponent);

        /// <summary>The elements squared.</summary>
        public Tensor square() => pow(2);

        /// <summary>The elements with the other sign.</summary>
        public Tensor neg() => Aten.neg.Call(this);

        /// <summary>1 over the elements.</summary>
        public Tensor reciprocal() => Aten.reciprocal.Call(this);

        /// <summary>The elements without their sign.</summary>
        public Tensor abs() => Aten.abs.Call(this);

        /// <summary>The square roots of the elements.</summary>
        public Tensor sqrt() => Aten.sqrt.Call(this);

        /// <summary>Replaces the elements by their square roots.</summary>
        public Tensor sqrt_()
        {
            Aten.sqrt_.Run(this);
            return this;
        }

        /// <summary>1 over the square roots of the elements.</summary>
        public Tensor rsqrt() => Aten.rsqrt.Call(this);

        /// <summary>e to the elements.</summary>
        public Tensor exp() => Aten.exp.Call(this);

        /// <summary>The natural logarithms of the elements.</summary>
        public Tensor log() => Aten.log.Call(this);

        /// <summary>The elements, raised to a smallest and lowered to a largest value; null sets no bound.</summary>
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Aten.clamp.Call(this, min, max);

        /// <summary>Raises the elements to a smallest and lowers them to a largest value; null sets no bound.</summary>
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => InPlace(Aten.clamp_, min, max);

        /// <summary>The larger of each pair of elements.</summary>
        public Tensor maximum(Tensor other) => Aten.maximum.Call(this, other);

        /// <summary>The smaller of each pair of elements.</summary>
        public Tensor minimum(Tensor other) => Aten.minimum.Call(this, other);

        /// <summary>The matrix product, over leading batch dimensions.</summary>
        public Tensor matmul(Tensor target) => Aten.matmul.Call(this, target);

        /// <summary>The product of two matrices.</summary>
        public Tensor mm(Tensor target) => Aten.mm.Call(this, target);

        /// <summary>Draws every element between <paramref name="from"/> and <paramref name="to"/>.</summary>
        public Tensor uniform_(double from, double to, Generator? generator = null)
        {
            Aten.uniform_.Run(this, from, to, generator);
            return this;
        }

        /// <summary>Draws every element from a normal distribution.</summary>
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null)
        {
            Aten.normal_.Run(this, mean, std, generator);
            return this;
        }

        private static string? Name(RoundingMode mode) => mode == RoundingMode.None ? null : mode.ToString();
    }
}
