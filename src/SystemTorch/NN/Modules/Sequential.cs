using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Modules that are called one after another; what lies between them is disposed.</summary>
    public class Sequential : nn.Module<Tensor, Tensor>
    {
        private readonly List<nn.IModule<Tensor, Tensor>> items = [];

        internal Sequential() : base(nameof(Sequential))
        {
        }

        /// <summary>How many modules there are.</summary>
        public int Count => items.Count;

        /// <summary>Adds a module under its number.</summary>
        /// <returns>This module.</returns>
        public Sequential append(nn.IModule<Tensor, Tensor> module) => append(Count.ToString(), module);

        /// <summary>Adds a module under a name.</summary>
        /// <returns>This module.</returns>
        public Sequential append(string name, nn.IModule<Tensor, Tensor> module)
        {
            items.Add(module);
            Append(name, (nn.Module)module);
            return this;
        }

        /// <summary>Calls the modules; without any, the output is the input.</summary>
        public override Tensor forward(Tensor tensor)
        {
            if (items.Count == 0)
            {
                return tensor.alias();
            }

            var output = items[0].call(tensor);
            foreach (var item in items.Skip(1))
            {
                using var input = output;
                output = item.call(input);
            }
            return output;
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Modules that are called one after another, named by their numbers.</summary>
            public static Modules.Sequential Sequential(params Module<Tensor, Tensor>[] modules)
            {
                var sequence = new Modules.Sequential();
                foreach (var module in modules)
                {
                    sequence.append(module);
                }

                return sequence;
            }

            /// <summary>Modules that are called one after another.</summary>
            public static Modules.Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules)
            {
                var sequence = new Modules.Sequential();
                foreach (var (name, module) in modules)
                {
                    sequence.append(name, module);
                }

                return sequence;
            }
        }
    }
}
