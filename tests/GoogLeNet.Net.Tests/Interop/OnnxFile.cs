using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Inception.Tests.Interop;

/// <summary>An exported network as ONNX Runtime reads it, with every shape checked.</summary>
internal sealed class OnnxFile : IDisposable
{
    private readonly InferenceSession session;

    public OnnxFile(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING };
        options.AddSessionConfigEntry("session.strict_shape_type_inference", "1");
        session = new InferenceSession(path, options);
    }

    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    public string Input => session.InputMetadata.Single().Key;

    /// <summary>Dimensions of the input, names where they are free.</summary>
    public string[] InputShape
    {
        get
        {
            var input = session.InputMetadata.Single().Value;
            return [.. input.Dimensions.Zip(input.SymbolicDimensions, (size, name) => size < 0 ? name : size.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        }
    }

    public IReadOnlyList<string> Outputs => session.OutputNames;

    /// <summary>All outputs, by name.</summary>
    /// <param name="images">float32 or uint8.</param>
    public Dictionary<string, float[]> Run(Tensor images)
    {
        using var dense = images.contiguous();
        using var input = images.dtype == ScalarType.Byte
            ? OrtValue.CreateTensorValueFromMemory(dense.data<byte>().ToArray(), images.shape)
            : OrtValue.CreateTensorValueFromMemory(dense.data<float>().ToArray(), images.shape);
        using var run = new RunOptions();
        using var values = session.Run(run, [Input], [input], session.OutputNames);
        return session.OutputNames.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    public void Dispose() => session.Dispose();
}
