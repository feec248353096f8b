using TorchSharp;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Sends tensors from the host's memory to where they are needed.</summary>
internal static class Upload
{
    /// <summary>
    /// A tensor of the host on <paramref name="device"/>. A GPU fetches it from pinned memory when it comes to it; for a copy from any other memory the
    /// host would wait until the GPU has done all that it was asked for before.
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
