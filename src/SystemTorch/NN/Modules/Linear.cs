using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>An affine map of the last dimension.</summary>
    public sealed class Linear : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(bias))]
        private Parameter? _bias;

        [ComponentName(Name = nameof(weight))]
        private Parameter? _weight;

        internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype) : base(nameof(Linear))
        {
            (in_features, out_features) = (inputSize, outputSize);
            weight = empty(outputSize, inputSize, dtype, device).AsParameter();
            nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
            if (!hasBias)
            {
                return;
            }

            bias = empty(outputSize, dtype, device).AsParameter();
            var bound = inputSize > 0 ? 1 / Math.Sqrt(inputSize) : 0;
            nn.init.uniform_(bias, -bound, bound);
        }

        internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
        {
            (out_features, in_features) = (weight.shape[0], weight.shape[1]);
            this.weight = weight;
            if (bias is not null)
            {
                this.bias = bias;
            }
        }

        /// <summary>The last dimension of the input.</summary>
        public long in_features { get; set; }

        /// <summary>The last dimension of the output.</summary>
        public long out_features { get; set; }

        /// <summary>The matrix, (out, in). A new one replaces the old, which is disposed.</summary>
        public Parameter weight
        {
            get => _weight!;
            set
            {
                if (ReferenceEquals(value, _weight))
                {
                    return;
                }

                _weight?.Dispose();
                _weight = (Parameter)value.DetachFromDisposeScope();
                Replace(nameof(weight), _weight);
            }
        }

        /// <summary>What is added, (out); null adds nothing. A new one replaces the old, which is disposed.</summary>
        public Parameter? bias
        {
            get => _bias;
            set
            {
                _bias?.Dispose();
                _bias = (Parameter?)value?.DetachFromDisposeScope();
                Replace(nameof(bias), _bias);
            }
        }

        /// <summary>Maps (…, in) to (…, out).</summary>
        public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, weight, bias);

        /// <summary>Releases matrix and bias.</summary>
        protected override void Dispose(bool disposing)
        {
            if (!disposing)
            {
                return;
            }

            _weight?.Dispose();
            _bias?.Dispose();
        }

        internal override void Move(Device? device, ScalarType? type) => MoveOwn(device, type);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>An affine map of the last dimension.</summary>
            public static Modules.Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            /// <summary>The affine map of a matrix (out, in) and a bias (out).</summary>
            public static Modules.Linear Linear(Modules.Parameter weight, Modules.Parameter? bias = null) => new(weight, bias);
        }
    }
}
