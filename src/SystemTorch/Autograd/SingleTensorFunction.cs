using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>A differentiable function of tensors and other arguments.</summary>
        /// <typeparam name="T">The function itself, of which one instance computes all calls.</typeparam>
        public abstract class Function<T> where T : Function<T>, new()
        {
            internal static T Instance { get; } = new();

            /// <summary>What errors call the function.</summary>
            public abstract string Name { get; }
        }

        /// <summary>A differentiable function with one result, both of whose passes are computed by the program.</summary>
        /// <typeparam name="T">The function itself, of which one instance computes all calls, from several threads perhaps.</typeparam>
        public abstract class SingleTensorFunction<T> : Function<T> where T : SingleTensorFunction<T>, new()
        {
            /// <summary>Computes the function, and records it where an argument requires gradients.</summary>
            public static Tensor apply(params object[] vars)
            {
                var context = new AutogradContext();
                Tensor output;
                var inputs = vars.OfType<Tensor>().Where(tensor => !tensor.IsInvalid).ToArray();
                using (no_grad())
                {
                    output = Instance.forward(context, vars);
                }

                var isTensor = Array.ConvertAll(vars, value => value is Tensor { IsInvalid: false });
                return new FunctionNode(context, gradient => OfInputs(Instance.backward(context, gradient), isTensor)).Record(inputs, output, context.Saved);
            }

            /// <summary>The forward pass; nothing in it is recorded.</summary>
            /// <param name="ctx">Keeps what the backward pass needs.</param>
            /// <param name="vars">The arguments.</param>
            public abstract Tensor forward(AutogradContext ctx, params object[] vars);

            /// <summary>The backward pass.</summary>
            /// <param name="ctx">What the forward pass kept.</param>
            /// <param name="grad_output">The gradient of the result.</param>
            /// <returns>For each argument its gradient, or null: for those that are no tensors, or need none.</returns>
            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            private static List<Tensor?> OfInputs(List<Tensor> gradients, bool[] isTensor)
            {
                var surplus = gradients.Skip(isTensor.Length);
                if (gradients.Count < isTensor.Length || surplus.Any(IsDefined))
                {
                    throw new NotImplementedException(
                        $"Function {Instance.Name} returned an incorrect number of gradients (expected {isTensor.Length}), got {gradients.Count}");
                }

                var wrong = Enumerable.Range(0, isTensor.Length).FirstOrDefault(i => !isTensor[i] && IsDefined(gradients[i]), -1);
                if (wrong >= 0)
                {
                    throw new NotImplementedException(
                        $"Function {Instance.Name} returned a gradient different that is defined at position {wrong + 1}, but the corresponding forward input was not a Tensor");
                }

                return [.. gradients.Where((_, i) => i < isTensor.Length && isTensor[i])];
            }

            private static bool IsDefined(Tensor? gradient) => gradient is { IsInvalid: false };
        }
    }
}
