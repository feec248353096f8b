using System.Text.Json;
using Inception.Architecture;
using Inception.Serialization;

namespace Inception;

public sealed partial class GoogLeNet
{
    /// <summary>
    /// Builds the network that a file of weights describes, and loads them; of a checkpoint with averaged weights those, with which its
    /// run ends.
    /// </summary>
    /// <param name="path">A file of <see cref="SaveWeights"/>, or a checkpoint of the trainer.</param>
    /// <returns>A network on the CPU in evaluation mode, ready to predict; the caller disposes it.</returns>
    /// <exception cref="UnknownModelException">
    /// The file does not say which GoogLeNet it holds; where that is known, <see cref="Create"/> and <see cref="LoadWeights(string, bool, bool, bool)"/> read it.
    /// </exception>
    /// <exception cref="WeightsException">The file's tensors are not those of the network that it names.</exception>
    /// <exception cref="SafeTensorsException">The file is damaged or not a safetensors file.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static GoogLeNet Load(string path) => Load(SafeTensorsFile.Read(path), path);

    internal static GoogLeNet Load(SafeTensorsFile file, string path)
    {
        var model = Described(file, path);
        try
        {
            var averages = file.AveragedTensors().ToList();
            model.LoadWeights(averages.Count > 0 ? averages : [.. file.NetworkTensors()], path, strict: true, includeClassifiers: true);
            model.eval();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static GoogLeNet Described(SafeTensorsFile file, string path)
    {
        if (!file.Metadata.TryGetValue(WeightsFormat.ModelKey, out var json))
        {
            throw new UnknownModelException(
                path, $"does not say which network it holds; build it with {nameof(GoogLeNet)}.{nameof(Create)} and read the file with {nameof(LoadWeights)}");
        }

        try
        {
            var described = JsonSerializer.Deserialize<Description>(json, SpecJson.Options) ?? throw new JsonException("The description is null.");
            return Create(described.NumClasses, described.Spec);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new UnknownModelException(path, $"holds no {nameof(GoogLeNet)} that can be built: {e.Message}", e);
        }
    }

    private sealed record Description(int NumClasses, GoogLeNetSpec Spec);
}
