namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>The parameters of this module and those inside, each once, with names such as <c>block.conv.weight</c>.</summary>
            public virtual IEnumerable<(string name, Modules.Parameter parameter)> named_parameters(bool recurse = true) =>
                Valid(ownParameters.Select(p => (p.Key, p.Value)), recurse, module => module.named_parameters());

            /// <summary>The parameters of this module and those inside, each once.</summary>
            public virtual IEnumerable<Modules.Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(p => p.parameter);

            /// <summary>The persistent buffers of this module and those inside, each once, with their names.</summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true) =>
                Valid(ownBuffers.Where(b => b.Value.Persistent).Select(b => (b.Key, b.Value.Tensor)), recurse, module => module.named_buffers(true, include_nonpersistent));

            /// <summary>The persistent buffers of this module and those inside, each once.</summary>
            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(b => b.buffer);

            /// <summary>The modules directly inside this one, with their names.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children() => ownModules.Select(m => (m.Key, m.Value));

            /// <summary>The modules directly inside this one.</summary>
            public virtual IEnumerable<Module> children() => named_children().Select(m => m.module);

            /// <summary>The modules inside this one at any depth, without itself, with names such as <c>block.conv</c>.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var (key, module) in ownModules)
                {
                    yield return (key, module);
                }

                foreach (var (key, module) in ownModules)
                {
                    foreach (var (inner, found) in module.named_modules())
                    {
                        yield return ($"{key}.{inner}", found);
                    }
                }
            }

            /// <summary>The modules inside this one at any depth, without itself.</summary>
            public virtual IEnumerable<Module> modules() => named_modules().Select(m => m.module);

            /// <summary>Parameters and persistent buffers by name: the tensors themselves, not copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                foreach (var (key, parameter) in named_parameters())
                {
                    destination.TryAdd(Prefixed(prefix, key), parameter);
                }

                foreach (var (key, buffer) in named_buffers(include_nonpersistent: false))
                {
                    destination.TryAdd(Prefixed(prefix, key), buffer);
                }

                foreach (var (key, module) in ownModules)
                {
                    module.state_dict(destination, Prefixed(prefix, key));
                }

                return destination;
            }

            /// <summary>Copies tensors into the parameters and buffers of the same names.</summary>
            /// <returns>The names that <paramref name="source"/> lacks, and those that only it has.</returns>
            /// <exception cref="InvalidOperationException">There are such names and <paramref name="strict"/> is set.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                var target = state_dict();
                var missing = target.Keys.Where(key => !source.ContainsKey(key)).Except(skip ?? []).ToList();
                var unexpected = source.Keys.Where(key => !target.ContainsKey(key)).Except(skip ?? []).ToList();
                if (strict && missing.Count + unexpected.Count > 0)
                {
                    throw new InvalidOperationException("The loaded state_dict is not identical to the target dictionary.");
                }

                using var _ = no_grad();
                foreach (var key in source.Keys.Where(target.ContainsKey).Except(skip ?? []))
                {
                    target[key].copy_(source[key]);
                }

                return (missing, unexpected);
            }

            private static string Prefixed(string? prefix, string key) => string.IsNullOrEmpty(prefix) ? key : $"{prefix}.{key}";

            // An iterator, so that every enumeration begins anew: whoever holds the result may go through it again and again.
            private IEnumerable<(string, T)> Valid<T>(IEnumerable<(string, T)> own, bool recurse, Func<Module, IEnumerable<(string, T)>> inside) where T : Tensor
            {
                var all = recurse ? own.Concat(ownModules.SelectMany(m => inside(m.Value).Select(c => ($"{m.Key}.{c.Item1}", c.Item2)))) : own;
                var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
                foreach (var component in all)
                {
                    if (!component.Item2.IsInvalid && seen.Add(component.Item2))
                    {
                        yield return component;
                    }
                }
            }
        }
    }
}
