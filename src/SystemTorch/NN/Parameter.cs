using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A tensor that a module learns.</summary>
    public class Parameter : Tensor
    {
        /// <summary>Takes over a tensor and its place in a dispose scope; <paramref name="data"/> becomes invalid.</summary>
        public Parameter(Tensor data, bool requires_grad = true) : base(data.with_requires_grad(requires_grad).TakeHandle(), register: false) =>
            DisposeScope.Replace(data, this);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        /// <summary>Networks.</summary>
        public static partial class nn
        {
            /// <summary>A parameter that takes over a tensor, which becomes invalid.</summary>
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}
