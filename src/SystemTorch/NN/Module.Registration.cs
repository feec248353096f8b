namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Adds a parameter.</summary>
            /// <exception cref="ArgumentNullException">The tensor is null or disposed.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_parameter(string name, Modules.Parameter param)
            {
                if (param is null || param.IsInvalid)
                {
                    throw new ArgumentNullException(nameof(param), "A null tensor cannot be registered as a parameter.");
                }

                if (!ownParameters.TryAdd(name, param))
                {
                    throw new InvalidOperationException($"Parameter {name} is already registered.");
                }
            }

            /// <summary>Adds a tensor that is not learned; one that is not persistent is no part of <see cref="state_dict"/>.</summary>
            /// <exception cref="ArgumentNullException">The tensor is null or disposed.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid)
                {
                    throw new ArgumentNullException(nameof(tensor), "A null tensor cannot be registered as a buffer.");
                }

                if (!ownBuffers.TryAdd(name, (tensor, persistent)))
                {
                    throw new InvalidOperationException($"Tensor {name} is already registered.");
                }
            }

            /// <summary>Adds a module, or removes the one of that name where <paramref name="submodule"/> is null or disposed.</summary>
            /// <exception cref="ArgumentException">The name is empty or holds a dot.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null || submodule.isDisposed)
                {
                    ownModules.Remove(name);
                    return;
                }
                if (name.Contains('.'))
                {
                    throw new ArgumentException($"module name can't contain \".\", got: {name}");
                }

                if (name.Length == 0)
                {
                    throw new ArgumentException("module name can't be empty string \"\"");
                }

                if (ownModules.ContainsKey(name))
                {
                    throw new InvalidOperationException($"Sub-module {name} is already registered.");
                }

                submodule.RegisterComponents();
                ownModules.Add(name, submodule);
            }

            /// <summary>Registers the modules, parameters and tensors that fields hold, once, under the fields' names.</summary>
            protected virtual void RegisterComponents()
            {
                if (isRegistered)
                {
                    return;
                }

                foreach (var (key, field) in Components.Of(GetType()))
                {
                    if (ownModules.ContainsKey(key) || ownParameters.ContainsKey(key) || ownBuffers.ContainsKey(key))
                    {
                        continue;
                    }

                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(key, module);
                            break;
                        case Modules.Parameter parameter:
                            register_parameter(key, parameter);
                            break;
                        case Tensor tensor:
                            register_buffer(key, tensor);
                            break;
                    }
                }
                isRegistered = true;
            }

            /// <summary>Puts a parameter in the place of the one of that name; null removes it.</summary>
            private protected void Replace(string key, Modules.Parameter? parameter)
            {
                if (parameter is null)
                {
                    ownParameters.Remove(key);
                }
                else
                {
                    ownParameters[key] = parameter;
                }
            }

            /// <summary>Puts a buffer in the place of the one of that name; null removes it.</summary>
            private protected void Replace(string key, Tensor? buffer)
            {
                if (buffer is null)
                {
                    ownBuffers.Remove(key);
                }
                else
                {
                    ownBuffers[key] = (buffer, true);
                }
            }

            /// <summary>Adds a module without registering the components of its fields.</summary>
            private protected void Append(string key, Module module) => ownModules.Add(key, module);
        }
    }
}
