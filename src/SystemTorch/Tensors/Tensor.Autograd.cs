using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Whether operations on the tensor are recorded for gradients. Only real and complex floating-point tensors can.</summary>
        public unsafe bool requires_grad
        {
            get => Ask(&Native.st_tensor_requires_grad);
            set
            {
                Native.Check(Native.st_tensor_set_requires_grad(Handle, value ? 1 : 0));
                GC.KeepAlive(this);
            }
        }

        /// <summary>Whether the tensor begins the recorded graph: gradients accumulate in leaves that require them.</summary>
        public unsafe bool is_leaf => Ask(&Native.st_tensor_is_leaf);

        /// <summary>The accumulated gradient, a new object at each reading; null before the first <see cref="backward()"/>.</summary>
        public unsafe Tensor? grad
        {
            get
            {
                nint gradient;
                Native.Check(Native.st_tensor_grad(Handle, &gradient));
                GC.KeepAlive(this);
                return gradient != 0 ? new Tensor(gradient) : null;
            }
            set
            {
                Native.Check(Native.st_tensor_set_grad(Handle, value?.Handle ?? 0));
                GC.KeepAlive(this);
                GC.KeepAlive(value);
            }
        }

        /// <summary>Sets <see cref="requires_grad"/>.</summary>
        /// <returns>This tensor.</returns>
        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <summary>Sets <see cref="requires_grad"/>.</summary>
        /// <returns>This tensor.</returns>
        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Adds the gradients of this one-element tensor to the leaves it was made from.</summary>
        public void backward() => backward(null);

        /// <summary>Adds the gradients of this tensor, weighted by <paramref name="grad_tensors"/>' one tensor, to the leaves it was made from, or to <paramref name="inputs"/> only.</summary>
        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            Aten._backward.Run(this, inputs?.ToArray() ?? [], grad_tensors?.Single(), retain_graph, create_graph);

        /// <summary>The same elements, outside the recorded graph.</summary>
        public Tensor detach() => Aten.detach.Call(this);

        private unsafe bool Ask(delegate*<nint, int> question)
        {
            var answer = Native.Check(question(Handle));
            GC.KeepAlive(this);
            return answer != 0;
        }
    }
}
