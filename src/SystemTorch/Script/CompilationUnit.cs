using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>TorchScript.</summary>
    public static partial class jit
    {
        /// <summary>Compiles TorchScript source, which must end with a line break. A function is compiled at its first call at the latest.</summary>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">The source does not compile.</exception>
        public static CompilationUnit compile(string script)
        {
            if (string.IsNullOrEmpty(script))
            {
                throw new ArgumentNullException("empty script");
            }

            var unit = Native.st_script_compile(script);
            return unit != 0 ? new CompilationUnit(unit) : throw Native.Error();
        }

        /// <summary>Compiled TorchScript functions.</summary>
        public class CompilationUnit : IDisposable
        {
            private nint handle;

            internal CompilationUnit(nint handle) => this.handle = handle;

            /// <summary>Releases the functions.</summary>
            ~CompilationUnit() => Dispose(false);

            /// <summary>
            /// Calls a function. It takes tensors, lists of tensors, numbers, truth values and null; it returns a tensor, a number, a list of either
            /// (an array), a tuple of either (a value tuple of up to five, an array beyond), or null.
            /// </summary>
            /// <exception cref="System.Runtime.InteropServices.ExternalException">There is no such function, or it failed.</exception>
            public object invoke(string name, params object?[] objs)
            {
                if (string.IsNullOrEmpty(name))
                {
                    throw new ArgumentNullException("method name");
                }

                ObjectDisposedException.ThrowIf(handle == 0, this);
                var result = ScriptCall.Invoke(handle, name, objs);
                GC.KeepAlive(this);
                return result!;
            }

            /// <summary>Calls a function whose result is a <typeparamref name="TResult"/>.</summary>
            public TResult invoke<TResult>(string name, params object?[] inputs) => (TResult)invoke(name, inputs);

            /// <summary>Releases the functions.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Releases the functions.</summary>
            protected virtual void Dispose(bool disposing)
            {
                if (handle != 0)
                {
                    Native.st_script_free(handle);
                }

                handle = 0;
            }
        }
    }
}
