namespace TorchSharp;

public static partial class torch
{
    private static Device? cudaDevice;

    /// <summary>The processor.</summary>
    public static readonly Device CPU = new(DeviceType.CPU);

    /// <summary>The current CUDA device.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static Device CUDA => cudaDevice ??= InitializeDevice(new Device(DeviceType.CUDA));

    /// <summary>The device of a description such as <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    /// <exception cref="ArgumentException">The description names no device type.</exception>
    /// <exception cref="InvalidOperationException">This machine has no such device.</exception>
    public static Device device(string description) => InitializeDevice(new Device(description));

    /// <summary>The device of a type and an index; -1 is the current one.</summary>
    /// <exception cref="InvalidOperationException">This machine has no such device.</exception>
    public static Device device(DeviceType deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    /// <summary>A device that exists; null is the processor.</summary>
    internal static Device InitializeDevice(Device? device)
    {
        InitializeDeviceType((device ??= CPU).type);
        return device;
    }

    internal static void InitializeDeviceType(DeviceType type)
    {
        if (type == DeviceType.MPS)
        {
            throw new InvalidOperationException("Torch device type 'MPS' is not available on this platform.");
        }

        if (type == DeviceType.CUDA && !cuda.is_available())
        {
            throw new InvalidOperationException($"Torch device type {type} did not initialise on the current machine.");
        }
    }

    /// <summary>A device type and, where there are several devices of it, an index. Instances are equal by reference.</summary>
    public class Device
    {
        /// <summary>The type.</summary>
        public DeviceType type { get; private set; } = DeviceType.CPU;

        /// <summary>The index; -1 is the current device.</summary>
        public int index { get; private set; } = -1;

        /// <summary>Reads a description such as <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
        /// <exception cref="ArgumentException">The description names no device type.</exception>
        public Device(string description)
        {
            var parts = description.Split(':');
            if (parts.Length > 2)
            {
                return;
            }

            type = Parse(parts[0]);
            if (parts.Length == 2)
            {
                index = int.Parse(parts[1]);
            }
        }

        /// <summary>The device of a type's name and an index.</summary>
        /// <exception cref="ArgumentException">The name is no device type.</exception>
        public Device(string deviceType, int index = -1) => (type, this.index) = (Parse(deviceType), index);

        /// <summary>The device of a type and an index.</summary>
        public Device(DeviceType deviceType, int index = -1) => (type, this.index) = (deviceType, index);

        /// <summary>The CUDA device of an index.</summary>
        public Device(int index) => (type, this.index) = (DeviceType.CUDA, index);

        /// <summary>The description that the constructor reads.</summary>
        public override string ToString()
        {
            var name = type.ToString().ToLowerInvariant();
            return type == DeviceType.CPU || index == -1 ? name : $"{name}:{index}";
        }

        /// <summary>Reads a description.</summary>
        public static implicit operator Device(string description) => new(description);

        private static DeviceType Parse(string name) => Enum.Parse<DeviceType>(name.ToUpperInvariant());
    }
}
