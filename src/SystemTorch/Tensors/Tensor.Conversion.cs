using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The elements as another type; the tensor itself where nothing changes and no copy is asked for.</summary>
        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Convert(type, null, copy, disposeAfter, non_blocking);

        /// <summary>The elements as another type; the tensor itself where nothing changes and no copy is asked for.</summary>
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Convert(type, null, copy, disposeAfter, non_blocking);

        /// <summary>The elements on another device; the tensor itself where nothing changes and no copy is asked for.</summary>
        /// <exception cref="InvalidOperationException">This machine has no such device.</exception>
        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Convert(null, InitializeDevice(device), copy, disposeAfter, non_blocking);

        /// <summary>The elements on another device; the tensor itself where nothing changes and no copy is asked for.</summary>
        /// <exception cref="InvalidOperationException">This machine has no such device.</exception>
        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        /// <summary>The elements as another type on another device; the tensor itself where nothing changes and no copy is asked for.</summary>
        /// <exception cref="InvalidOperationException">This machine has no such device.</exception>
        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Convert(type, InitializeDevice(device), copy, disposeAfter, non_blocking);

        /// <summary>The elements as the type and on the device of another tensor. As in TorchSharp, <paramref name="non_blocking"/> asks for a copy.</summary>
        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, copy: non_blocking);

        /// <summary>The tensor on the processor; the tensor itself where it is there.</summary>
        public Tensor cpu() => Convert(null, torch.CPU, false, false, false);

        /// <summary>The tensor on a GPU: the current one, or this tensor's own where it is on one.</summary>
        /// <exception cref="ArgumentException"><paramref name="device"/> is no GPU.</exception>
        /// <exception cref="InvalidOperationException">This machine has no GPU.</exception>
        public Tensor cuda(Device? device = null, bool non_blocking = false)
        {
            if (device is not null && device.type != DeviceType.CUDA)
            {
                throw new ArgumentException("Not a CUDA device.", nameof(device));
            }

            return to(DeviceType.CUDA, device is null ? -1 : device_index, non_blocking: non_blocking);
        }

        /// <summary>A copy in memory of the processor that a GPU reads without waiting; the tensor itself where it is there.</summary>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">This machine has no GPU.</exception>
        public Tensor pin_memory() => Aten.pin_memory.Call(this);

        private Tensor Convert(ScalarType? type, Device? device, bool copy, bool disposeAfter, bool nonBlocking)
        {
            var result = Aten.to.Call(this, type, default, device is null ? default(Arg) : device, default, nonBlocking, copy);
            if (disposeAfter)
            {
                Dispose();
            }

            return result;
        }
    }
}
