using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Update rules.</summary>
    public static partial class optim
    {
        /// <summary>Moves parameters along their gradients.</summary>
        public abstract class Optimizer : IDisposable
        {
            /// <summary>The groups of parameters.</summary>
            protected IList<ParamGroup>? _parameter_groups;

            /// <summary>An optimizer written in managed code, whose handle is 0: there are no others here.</summary>
            protected Optimizer(nint handle)
            {
                if (handle != 0)
                {
                    throw new NotSupportedException("Optimizers in native code are not supported.");
                }
            }

            /// <summary>The groups, through which their learning rates are set.</summary>
            public virtual IEnumerable<ILearningRateController>? ParamGroups => _parameter_groups;

            /// <summary>Sets the gradients to zero.</summary>
            /// <exception cref="NotSupportedException">The derived class does not override it.</exception>
            public virtual void zero_grad() => throw NotOverridden();

            /// <summary>Moves the parameters by one step.</summary>
            /// <param name="closure">Computes the loss again, for the rules that need it.</param>
            /// <returns>The closure's loss, or null.</returns>
            /// <exception cref="NotSupportedException">The derived class does not override it.</exception>
            public virtual Tensor? step(Func<Tensor>? closure = null) => throw NotOverridden();

            /// <summary>The parameters of all groups.</summary>
            /// <exception cref="NotSupportedException">The derived class does not override it.</exception>
            public virtual IEnumerable<Parameter> parameters() => throw NotOverridden();

            /// <summary>Releases the optimizer's state; the parameters stay.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Releases the optimizer's state.</summary>
            protected virtual void Dispose(bool disposing)
            {
            }

            private NotSupportedException NotOverridden() => new($"{GetType().Name} does not override this member.");
        }
    }
}
