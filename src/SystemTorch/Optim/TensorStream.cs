namespace TorchSharp.Utils;

/// <summary>TorchSharp's binary form of numbers and tensors: whole numbers in 7-bit groups, a tensor as type, shape and bytes.</summary>
internal static class TensorStream
{
    public static void Encode(this BinaryWriter writer, long value) => writer.Write7BitEncodedInt64(value);

    public static long Decode(this BinaryReader reader) => reader.Read7BitEncodedInt64();

    public static void Save(this torch.Tensor tensor, BinaryWriter writer)
    {
        using var scope = torch.NewDisposeScope();
        writer.Encode((long)tensor.dtype);
        writer.Encode(tensor.shape.Length);
        foreach (var size in tensor.shape)
        {
            writer.Encode(size);
        }

        writer.Write(tensor.cpu().bytes);
    }

    public static void SaveOptional(this torch.Tensor? tensor, BinaryWriter writer)
    {
        writer.Write(tensor is not null);
        tensor?.Save(writer);
    }

    /// <summary>A new tensor on a device, in no dispose scope.</summary>
    public static torch.Tensor Load(BinaryReader reader, torch.Device device)
    {
        using var scope = torch.NewDisposeScope();
        var type = (torch.ScalarType)reader.Decode();
        var shape = new long[reader.Decode()];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = reader.Decode();
        }

        var host = torch.empty(shape, dtype: type);
        reader.BaseStream.ReadExactly(host.bytes);
        return host.to(device).DetachFromDisposeScope();
    }

    public static torch.Tensor? LoadOptional(BinaryReader reader, torch.Device device) => reader.ReadBoolean() ? Load(reader, device) : null;
}
