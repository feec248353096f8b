namespace TorchSharp;

public static partial class torch
{
    /// <summary>Functions with gradients of their own.</summary>
    public static partial class autograd
    {
        /// <summary>What a function's forward pass leaves for its backward pass.</summary>
        public class AutogradContext
        {
            private readonly Dictionary<string, object> data = [];

            internal AutogradContext()
            {
            }

            /// <summary>What <see cref="save_for_backward"/> was given.</summary>
            internal List<Tensor> Saved { get; private set; } = [];

            /// <summary>libtorch's context, during the backward pass.</summary>
            internal nint Native { get; set; }

            /// <summary>Keeps tensors for the backward pass, null among them perhaps; at most once.</summary>
            public void save_for_backward(List<Tensor> tensors) => Saved = tensors;

            /// <summary>Keeps anything but a tensor for the backward pass.</summary>
            public void save_data(string key, object value) => data[key] = value;

            /// <summary>What was kept under <paramref name="key"/>, or null.</summary>
            public object get_data(string key) => data.GetValueOrDefault(key)!;

            /// <summary>The tensors that the forward pass saved, as new objects; none before the backward pass.</summary>
            /// <exception cref="System.Runtime.InteropServices.ExternalException">One was changed in place since, or the graph has been released.</exception>
            public unsafe List<Tensor> get_saved_variables()
            {
                if (Native == 0)
                {
                    return [];
                }

                var handles = new nint[Saved.Count];
                fixed (nint* first = handles)
                {
                    Interop.Native.Check(Interop.Native.st_function_saved(Native, first, handles.Length));
                }

                return [.. handles.Select(handle => handle == 0 ? null! : new Tensor(handle))];
            }
        }
    }
}
