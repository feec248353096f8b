using System.Runtime.InteropServices;
using Google.Protobuf;
using Inception.Interop.Onnx;

namespace Inception.Interop;

/// <summary>A graph of ONNX that grows node by node. Values are known by their names.</summary>
internal sealed class OnnxGraph(string name)
{
    /// <summary>The first dimension, of any length.</summary>
    public const string AnyCount = "N";

    /// <summary>The graph as the file has it.</summary>
    public GraphProto Proto { get; } = new() { Name = name };

    /// <summary>An attribute that is a whole number.</summary>
    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>An attribute that is a number.</summary>
    public static AttributeProto Float(string name, double value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = (float)value };

    /// <summary>An attribute that is a text.</summary>
    public static AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    /// <summary>An attribute that is a list of whole numbers.</summary>
    public static AttributeProto Ints(string name, params IEnumerable<long> values) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };

    /// <summary>Adds a node.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="inputs">Its inputs' names; empty for an optional one that is left out.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <returns>Its output's name.</returns>
    public string Add(string op, IEnumerable<string> inputs, params AttributeProto[] attributes)
    {
        // A colon is in no name of a layer or a head.
        var output = $"{op}:{Proto.Node.Count}";
        Proto.Node.Add(new NodeProto { Name = output, OpType = op, Input = { inputs }, Output = { output }, Attribute = { attributes } });
        return output;
    }

    /// <summary>Adds a constant of float32.</summary>
    /// <param name="name">Its name; null for one of no importance.</param>
    /// <param name="values">Its numbers in row-major order.</param>
    /// <param name="shape">Its shape.</param>
    /// <returns>The name.</returns>
    public string Constant(string? name, ReadOnlySpan<float> values, params IEnumerable<long> shape) =>
        Constant(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Adds a list of whole numbers as a constant.</summary>
    /// <returns>Its name.</returns>
    public string Constant(params ReadOnlySpan<long> values) => Constant(null, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values), [values.Length]);

    /// <summary>Declares the graph's input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Type of its elements.</param>
    /// <param name="shape">Its dimensions: numbers, or names of what may have any length.</param>
    /// <returns>The name.</returns>
    public string Input(string name, TensorProto.Types.DataType type, params object[] shape)
    {
        Proto.Input.Add(Declare(name, type, shape));
        return name;
    }

    /// <summary>Makes a value that no node reads an output of the graph, under another name.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">The output's name.</param>
    /// <param name="length">Length of its second dimension; the first one is the batch.</param>
    /// <exception cref="NotSupportedException">The graph's input has that name.</exception>
    public void Output(string value, string name, int length)
    {
        if (Proto.Input.Any(input => input.Name == name))
        {
            throw new NotSupportedException($"A head is named '{name}' as the file's input is; rename it, or export the network without its auxiliary heads.");
        }

        Proto.Node.Single(node => node.Output[0] == value).Output[0] = name;
        Proto.Output.Add(Declare(name, TensorProto.Types.DataType.Float, [AnyCount, length]));
    }

    private string Constant(string? name, TensorProto.Types.DataType type, ReadOnlySpan<byte> data, IEnumerable<long> shape)
    {
        var tensor = new TensorProto { Name = name ?? $"constant:{Proto.Initializer.Count}", DataType = type, Dims = { shape }, RawData = ByteString.CopyFrom(data) };
        Proto.Initializer.Add(tensor);
        return tensor.Name;
    }

    private static ValueInfoProto Declare(string name, TensorProto.Types.DataType type, object[] shape)
    {
        var dimensions = shape.Select(size => size is string free ? new TensorShapeProto.Types.Dimension { DimParam = free } : new() { DimValue = (int)size });
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = type, Shape = new() { Dim = { dimensions } } } } };
    }
}
