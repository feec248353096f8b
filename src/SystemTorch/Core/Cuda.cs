using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>NVIDIA GPUs.</summary>
    public static partial class cuda
    {
        /// <summary>Whether libtorch can use a GPU here.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>How many GPUs libtorch can use here.</summary>
        public static int device_count() => Native.Check(Native.st_cuda_devices());

        /// <summary>Waits until a GPU has done all its work; null is the current one. Without a GPU there is nothing to wait for.</summary>
        public static void synchronize(Device? device = null)
        {
            if (is_available())
            {
                Native.Check(Native.st_cuda_synchronize(device?.index ?? -1));
            }
        }

        /// <summary>Seeds the current GPU's generator.</summary>
        public static void manual_seed(long seed)
        {
            if (is_available())
            {
                Seed(seed, -1);
            }
        }

        /// <summary>Seeds every GPU's generator.</summary>
        public static void manual_seed_all(long seed)
        {
            for (var index = 0; index < device_count(); index++)
            {
                Seed(seed, index);
            }
        }

        private static void Seed(long seed, int index)
        {
            using var generator = Generator.OfDevice(DeviceType.CUDA, index);
            generator.manual_seed(seed);
        }
    }
}
