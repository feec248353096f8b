namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// A part of a network: parameters, buffers and modules by name. A derived class calls <see cref="RegisterComponents"/> at the end of its
        /// constructor, which registers what its fields hold.
        /// </summary>
        public partial class Module : IDisposable
        {
            private readonly OrderedDictionary<string, Modules.Parameter> ownParameters = [];
            private readonly OrderedDictionary<string, (Tensor Tensor, bool Persistent)> ownBuffers = [];
            private readonly OrderedDictionary<string, Module> ownModules = [];
            private bool isTraining = true;
            private bool isRegistered;
            private bool isDisposed;

            /// <summary>The name given to the constructor.</summary>
            protected string? name;

            /// <summary>A module without components.</summary>
            protected Module(string name) => this.name = name;

            /// <summary>Releases the module.</summary>
            ~Module() => Dispose(false);

            /// <summary>Whether the module is in training mode, as it is at first.</summary>
            public virtual bool training => isTraining;

            /// <summary>The name given to the constructor.</summary>
            public virtual string GetName() => name ?? "";

            /// <summary>Puts the module and its modules into training mode, or takes them out.</summary>
            public virtual void train(bool train = true)
            {
                isTraining = train;
                foreach (var (_, child) in named_children())
                {
                    child.train(train);
                }
            }

            /// <summary>Puts the module and its modules into evaluation mode.</summary>
            public virtual void eval() => train(false);

            /// <summary>Drops the gradients of all parameters, or sets them to zero.</summary>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var (_, parameter) in named_parameters())
                {
                    using var gradient = parameter.grad;
                    if (gradient is null)
                    {
                        continue;
                    }

                    if (set_to_none)
                    {
                        parameter.grad = null;
                    }
                    else
                    {
                        gradient.zero_().Dispose();
                    }
                }
            }

            /// <summary>Calls <paramref name="fn"/> with every module inside this one, then with this one.</summary>
            public virtual Module apply(Action<Module> fn)
            {
                foreach (var module in ownModules.Values)
                {
                    module.apply(fn);
                }

                fn(this);
                return this;
            }

            /// <summary>Releases the parameters, buffers and modules.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Releases the parameters, buffers and modules.</summary>
            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || isDisposed)
                {
                    return;
                }

                foreach (var (_, buffer) in named_buffers(false))
                {
                    buffer.DetachFromDisposeScope().Dispose();
                }

                foreach (var (_, parameter) in named_parameters(false))
                {
                    parameter.DetachFromDisposeScope().Dispose();
                }

                foreach (var (_, module) in named_modules())
                {
                    module.Dispose();
                }

                isDisposed = true;
            }
        }
    }
}
