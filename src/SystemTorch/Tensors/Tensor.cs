using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Tensors, what makes them and what they share.</summary>
public static partial class torch
{
    /// <summary>
    /// A multi-dimensional array of one element type on one device. It belongs to the innermost <see cref="DisposeScope"/> of the thread that made it.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long totalCount;
        private static long peakCount;

        private nint handle;

        internal Tensor(nint handle, bool register = true)
        {
            this.handle = handle;
            var count = Interlocked.Increment(ref totalCount);
            peakCount = Math.Max(count, peakCount);
            if (register)
            {
                OwningDisposeScope = DisposeScopeManager.OfThread.Register(this);
            }
        }

        /// <summary>Releases the tensor.</summary>
        ~Tensor() => Dispose(false);

        /// <summary>How many tensors this process holds, counted by their managed objects.</summary>
        public static long TotalCount => totalCount;

        /// <summary>The largest <see cref="TotalCount"/> so far.</summary>
        public static long PeakCount => peakCount;

        /// <summary>Whether the tensor is disposed, or has become a parameter.</summary>
        public bool IsInvalid => handle == 0;

        internal DisposeScope? OwningDisposeScope { get; set; }

        /// <summary>The native tensor.</summary>
        /// <exception cref="InvalidOperationException">The tensor is disposed.</exception>
        internal nint Handle => handle != 0 ? handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        /// <summary>Releases the tensor.</summary>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Releases the tensor.</summary>
        protected virtual void Dispose(bool disposing)
        {
            if (handle == 0)
            {
                return;
            }

            OwningDisposeScope?.Forget(this);
            Interlocked.Decrement(ref totalCount);
            Native.st_tensor_free(handle);
            handle = 0;
        }

        /// <summary>Gives the tensor to the next outer scope, or to nobody where there is none.</summary>
        /// <returns>This tensor.</returns>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes the tensor out of its scope; its owner must dispose it.</summary>
        /// <returns>This tensor.</returns>
        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        /// <summary>Whether both are tensors of one shape and type with equal elements.</summary>
        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        /// <summary>A hash of the managed object, not of the elements.</summary>
        public override int GetHashCode() => base.GetHashCode();

        /// <summary>Shape, element type and device, such as <c>[2x3], type = Float32, device = cpu</c>.</summary>
        public override string ToString() => $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";

        /// <summary>Takes the native tensor away, for a parameter that replaces this one.</summary>
        internal nint TakeHandle()
        {
            var taken = handle;
            handle = 0;
            return taken;
        }
    }
}
