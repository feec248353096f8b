using TorchSharp;
using static TorchSharp.torch;

namespace Inception;

/// <summary>Copies tensors to a device without making the host wait.</summary>
internal static class Upload
{
    /// <summary>
    /// The tensor on <paramref name="device"/>. To a GPU it goes through pinned memory: a copy from pageable memory would make the host wait for all
    /// work queued on the GPU.
    /// </summary>
    public static Tensor SentTo(this Tensor host, Device device)
    {
#pragma warning disable RS0030 // The one place that copies: from pinned memory nothing waits, and there is no other way between other devices.
        if (device.type != DeviceType.CUDA || host.device_type != DeviceType.CPU)
        {
            return host.to(device);
        }

        using var pinned = host.pin_memory();
        return pinned.to(device, non_blocking: true);
#pragma warning restore RS0030
    }
}
