using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// Copies managed memory into a tensor. As in TorchSharp, a conversion on the processor is recorded for gradients, so that its result is no leaf.
    /// </summary>
    private static unsafe Tensor Copied<T>(
        ReadOnlySpan<T> elements, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requires_grad, string[]? names = null) where T : unmanaged
    {
        var count = 1L;
        foreach (var size in dimensions)
        {
            count *= size;
        }

        if (count > elements.Length)
        {
            throw new ArgumentException($"mismatched total size creating a tensor from an array: {count} vs. {elements.Length}");
        }

        device = InitializeDevice(device);
        var source = TypeOf<T>()!.Value;
        var stays = device.type == DeviceType.CPU;
        var tensor = Made(Aten.empty.Call(dimensions, source, default, CPU), false, names);
        elements[..(int)count].CopyTo(new Span<T>(tensor.DataPointer, (int)count));
        tensor.requires_grad = requires_grad && stays;
        if (stays && (dtype ?? source) == source)
        {
            return tensor;
        }

        var converted = tensor.to(dtype ?? source, device, disposeAfter: true);
        return stays ? converted : converted.requires_grad_(requires_grad);
    }
}
