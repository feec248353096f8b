using System.Reflection;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private DeviceType deviceType = DeviceType.CPU;
            private int deviceIndex = -1;

            /// <summary>Moves and converts the module: null keeps the device or the type.</summary>
            /// <exception cref="ArgumentException">The type is no floating-point or complex one.</exception>
            /// <exception cref="InvalidOperationException">This machine has no GPU.</exception>
            internal virtual void Move(Device? device, ScalarType? type)
            {
                if (type is { } t && !t.IsFloatingPoint() && !t.IsComplex())
                {
                    throw new ArgumentException($"nn.Module.to only accepts floating point or complex types, but got desired dtype={t}");
                }

                if (device is not null)
                {
                    device = Existing(device);
                }

                if (type is null && device!.type == deviceType && device.index == deviceIndex)
                {
                    return;
                }

                foreach (var (_, child) in named_children())
                {
                    child.Move(device, type);
                }

                MoveOwn(device, type);
                if (device is not null)
                {
                    (deviceType, deviceIndex) = (device.type, device.index);
                }
            }

            /// <summary>The parameter on another device or of another type, its gradient with it; null where nothing changes.</summary>
            private protected static Modules.Parameter? Moved(Modules.Parameter parameter, Device? device, ScalarType? type)
            {
                using var gradient = parameter.grad;
                var (toType, toDevice) = (type ?? parameter.dtype, device ?? parameter.device);
                if (!parameter.ToWillCopy(toType, toDevice) && gradient?.ToWillCopy(toType, toDevice) != true)
                {
                    return null;
                }

                var kept = parameter.is_floating_point() || parameter.dtype.IsComplex() ? toType : parameter.dtype;
                using var _ = no_grad();
                var moved = new Modules.Parameter(parameter.to(kept, toDevice), parameter.requires_grad);
                moved.DetachFromDisposeScope();
                if (gradient is not null)
                {
                    using var movedGradient = gradient.to(kept, toDevice).with_requires_grad(gradient.requires_grad);
                    moved.grad = movedGradient;
                }
                return moved;
            }

            /// <summary>The buffer on another device or, where it is a floating-point one, of another type; the old one is disposed. Null where nothing changes.</summary>
            private protected static Tensor? Moved(Tensor buffer, Device? device, ScalarType? type)
            {
                var (toType, toDevice) = (type ?? buffer.dtype, device ?? buffer.device);
                if (!buffer.ToWillCopy(toType, toDevice))
                {
                    return null;
                }

                var kept = buffer.is_floating_point() || buffer.dtype.IsComplex() ? toType : buffer.dtype;
                return buffer.to(kept, toDevice, disposeAfter: true).DetachFromDisposeScope();
            }

            private static Device Existing(Device device)
            {
                if (device.type != DeviceType.CUDA)
                {
                    return new Device(device.type);
                }

                return cuda.is_available() ? device : throw new InvalidOperationException("CUDA is not available.");
            }

            /// <summary>Moves and converts the parameters and buffers of this module alone.</summary>
            private protected void MoveOwn(Device? device, ScalarType? type)
            {
                foreach (var (key, parameter) in named_parameters(false).ToList())
                {
                    if (Moved(parameter, device, type) is not { } moved)
                    {
                        continue;
                    }

                    if (Property(key) is { } property)
                    {
                        property.SetValue(this, moved);
                        continue;
                    }
                    parameter.Dispose();
                    Replace(key, moved);
                    Field(key)?.SetValue(this, moved);
                }
                foreach (var (key, buffer) in named_buffers(false).ToList())
                {
                    if (Moved(buffer, device, type) is not { } moved)
                    {
                        continue;
                    }

                    if (Property(key) is { } property)
                    {
                        property.SetValue(this, moved);
                        continue;
                    }
                    Replace(key, moved);
                    Field(key)?.SetValue(this, moved);
                }
            }

            private PropertyInfo? Property(string key) => GetType().GetProperty(key, BindingFlags.Public | BindingFlags.Instance);

            private FieldInfo? Field(string key) => Components.Of(GetType()).FirstOrDefault(c => c.Name == key).Field;
        }
    }
}
