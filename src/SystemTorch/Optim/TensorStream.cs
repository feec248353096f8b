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

    /// <summary>Reads into a tensor of the same type and shape.</summary>
    /// <exception cref="ArgumentException">The stream holds another type or shape.</exception>
    public static void Load(this torch.Tensor tensor, BinaryReader reader)
    {
        var (type, shape) = Form(reader);
        Require(type == tensor.dtype, "data types");
        Require(shape.SequenceEqual(tensor.shape), "shape");
        Fill(tensor, reader);
    }

    /// <summary>Reads into a tensor of the same shape, or into a new one of the open dispose scope; without one in the stream, disposes it.</summary>
    /// <exception cref="ArgumentException">The stream holds another shape.</exception>
    public static torch.Tensor? LoadOptional(this torch.Tensor? tensor, BinaryReader reader, torch.Device device)
    {
        if (!reader.ReadBoolean())
        {
            tensor?.Dispose();
            return null;
        }

        var (type, shape) = Form(reader);
        Require(tensor is null || shape.SequenceEqual(tensor.shape), "shape");
        tensor ??= torch.empty(shape, dtype: type, device: device);
        Fill(tensor, reader);
        return tensor;
    }

    private static (torch.ScalarType Type, long[] Shape) Form(BinaryReader reader)
    {
        var type = (torch.ScalarType)reader.Decode();
        var shape = new long[reader.Decode()];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = reader.Decode();
        }

        return (type, shape);
    }

    private static void Fill(torch.Tensor tensor, BinaryReader reader)
    {
        using var frozen = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var host = torch.empty(tensor.shape, dtype: tensor.dtype);
        reader.BaseStream.ReadExactly(host.bytes);
        tensor.copy_(host);
    }

    private static void Require(bool same, string what)
    {
        if (!same)
        {
            throw new ArgumentException($"Mismatched tensor {what} while loading. Make sure that the model you are loading into is exactly the same as the origin.");
        }
    }
}
