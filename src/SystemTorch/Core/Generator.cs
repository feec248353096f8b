using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers on the processor.</summary>
    public class Generator : IDisposable
    {
        private nint handle;

        private Generator(nint handle) => this.handle = handle;

        /// <summary>A generator of its own, apart from the default one.</summary>
        public unsafe Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            nint created;
            Native.Check(Native.st_generator_new(seed, &created));
            handle = created;
        }

        /// <summary>Releases the generator.</summary>
        ~Generator() => Dispose(false);

        /// <summary>Where the numbers are made.</summary>
        public Device device { get; private set; } = CPU;

        /// <summary>The generator that operators use when they are given none.</summary>
        public static Generator Default => OfDevice(DeviceType.CPU, -1);

        internal nint Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(Generator));

        internal static unsafe Generator OfDevice(DeviceType type, int index)
        {
            nint found;
            Native.Check(Native.st_generator_default((int)type, index, &found));
            return new Generator(found);
        }

        /// <summary>Starts the sequence that belongs to <paramref name="seed"/>.</summary>
        public Generator manual_seed(long seed)
        {
            Native.Check(Native.st_generator_seed(Handle, (ulong)seed));
            return this;
        }

        /// <summary>The generator's state, a tensor of bytes.</summary>
        public unsafe Tensor get_state()
        {
            nint state;
            Native.Check(Native.st_generator_get_state(Handle, &state));
            return new Tensor(state);
        }

        /// <summary>Goes on from a state of <see cref="get_state"/>.</summary>
        public void set_state(Tensor value) => Native.Check(Native.st_generator_set_state(Handle, value.Handle));

        /// <summary>Releases the generator.</summary>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Releases the generator.</summary>
        protected virtual void Dispose(bool disposing)
        {
            if (handle != 0)
            {
                Native.st_generator_free(handle);
            }

            handle = 0;
        }
    }
}
