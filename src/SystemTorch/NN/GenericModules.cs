namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What can be called with one input.</summary>
        public interface IModule<T, TResult>
        {
            /// <summary>Calls it.</summary>
            TResult call(T input1);
        }

        /// <summary>What can be called with two inputs.</summary>
        public interface IModule<T1, T2, TResult>
        {
            /// <summary>Calls it.</summary>
            TResult call(T1 input1, T2 input2);
        }

        /// <summary>The base of modules that can be called.</summary>
        public class HookableModule<TPreHook, TPostHook> : Module
        {
            /// <summary>A module without components.</summary>
            protected HookableModule(string name) : base(name)
            {
            }
        }

        /// <summary>A module with one input.</summary>
        public abstract class Module<T, TResult> : HookableModule<Func<Module<T, TResult>, T, T>, Func<Module<T, TResult>, T, TResult, TResult>>, IModule<T, TResult>
        {
            /// <summary>A module without components.</summary>
            protected Module(string name) : base(name)
            {
            }

            /// <summary>What the module computes; call <see cref="call"/> instead.</summary>
            public abstract TResult forward(T input);

            /// <summary>Computes the output for an input.</summary>
            public TResult call(T input) => forward(input);
        }

        /// <summary>A module with two inputs.</summary>
        public abstract class Module<T1, T2, TResult>
            : HookableModule<Func<Module<T1, T2, TResult>, T1, T2, (T1, T2)?>, Func<Module<T1, T2, TResult>, T1, T2, TResult, TResult>>, IModule<T1, T2, TResult>
        {
            /// <summary>A module without components.</summary>
            protected Module(string name) : base(name)
            {
            }

            /// <summary>What the module computes; call <see cref="call"/> instead.</summary>
            public abstract TResult forward(T1 input1, T2 input2);

            /// <summary>Computes the output for two inputs.</summary>
            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }
    }
}
