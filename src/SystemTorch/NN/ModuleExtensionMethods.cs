using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Moving and converting modules. Parameters become other objects, so do it before an optimizer takes them.</summary>
public static class ModuleExtensionMethods
{
    /// <summary>Converts the floating-point parameters and buffers.</summary>
    /// <exception cref="ArgumentException">The type is no floating-point or complex one.</exception>
    public static T to<T>(this T module, ScalarType type, bool non_blocking = false) where T : nn.Module => Moved(module, null, type);

    /// <summary>Moves the parameters and buffers, and converts the floating-point ones.</summary>
    /// <exception cref="ArgumentException">The type is no floating-point or complex one.</exception>
    public static T to<T>(this T module, Device device, ScalarType type, bool non_blocking = false) where T : nn.Module => Moved(module, device, type);

    /// <summary>Moves the parameters and buffers.</summary>
    /// <exception cref="InvalidOperationException">This machine has no such device.</exception>
    public static T to<T>(this T module, DeviceType deviceType, int deviceIndex = -1, bool non_blocking = false) where T : nn.Module =>
        Moved(module, new Device(deviceType, deviceIndex), null);

    /// <summary>Moves the parameters and buffers.</summary>
    /// <exception cref="InvalidOperationException">This machine has no such device.</exception>
    public static T to<T>(this T module, Device device, bool non_blocking = false) where T : nn.Module => Moved(module, device, null);

    /// <summary>Moves the parameters and buffers to the processor.</summary>
    public static T cpu<T>(this T module, bool non_blocking = false) where T : nn.Module => Moved(module, CPU, null);

    /// <summary>Moves the parameters and buffers to a GPU.</summary>
    /// <exception cref="InvalidOperationException">This machine has no GPU.</exception>
    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false) where T : nn.Module =>
        Moved(module, new Device(DeviceType.CUDA, deviceIndex), null);

    private static T Moved<T>(T module, Device? device, ScalarType? type) where T : nn.Module
    {
        module.Move(device, type);
        return module;
    }
}
