using Inception.Serialization;

namespace Inception;

public sealed partial class GoogLeNet
{
    /// <summary>Writes every parameter and buffer to one safetensors file, whole or not at all.</summary>
    /// <remarks>
    /// Tensors stand under their state keys in row-major order, convolution weights as (out, in, height, width), whatever their layout in
    /// memory. The metadata names the <c>format</c>, this library's <c>version</c> and the <c>model</c>: its <see cref="Configuration"/>.
    /// </remarks>
    /// <param name="path">The file; one that exists is replaced, and stays as it was where writing fails.</param>
    /// <exception cref="IOException">The disk is full, or the folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveWeights(string path) =>
        SafeTensorsFile.Write(path, WeightsFormat.Describe(Configuration), this.State().Select(entry => entry.Value.ToSafeTensor(entry.Key)));

    /// <summary>
    /// Copies the tensors of a safetensors file into the parameters and buffers of the same keys, which stay the same objects on the same
    /// device: an optimizer that holds them goes on with the new values.
    /// </summary>
    /// <remarks>The file may be one of <see cref="SaveWeights"/>, a checkpoint of the trainer, or another program's with these keys.</remarks>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether every tensor must fit; otherwise those that fit are loaded and the result tells of the rest.</param>
    /// <param name="includeClassifiers">Whether the last layer of each head is loaded too. Otherwise the network keeps its own, which may have
    /// another number of classes than the file's: the start of fine-tuning.</param>
    /// <param name="averaged">Whether a checkpoint's averaged weights are loaded, and not those that training goes on with.</param>
    /// <returns>What was loaded and what did not fit; without the classifiers, where they are not included.</returns>
    /// <exception cref="WeightsException">
    /// With <paramref name="strict"/>, a tensor is missing, unexpected or misshapen; the network is unchanged.
    /// </exception>
    /// <exception cref="SafeTensorsException">The file is damaged or not a safetensors file; the network is unchanged.</exception>
    /// <exception cref="ArgumentException">With <paramref name="averaged"/>, the file holds no averaged weights; the network is unchanged.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public WeightsReport LoadWeights(string path, bool strict = true, bool includeClassifiers = true, bool averaged = false)
    {
        var file = SafeTensorsFile.Read(path);
        var tensors = (averaged ? file.AveragedTensors() : file.NetworkTensors()).ToList();
        return averaged && tensors.Count == 0
            ? throw new ArgumentException($"{path} holds no averaged weights; only checkpoints of runs with weight averaging do.", nameof(averaged))
            : LoadWeights(tensors, path, strict, includeClassifiers);
    }

    private WeightsReport LoadWeights(IReadOnlyList<SafeTensor> tensors, string path, bool strict, bool includeClassifiers)
    {
        bool IsIncluded(string key) => includeClassifiers || !IsClassifier(key);

        var file = tensors.Where(tensor => IsIncluded(tensor.Name)).ToDictionary(tensor => tensor.Name);
        var state = this.State().Where(entry => IsIncluded(entry.Key)).ToDictionary();
        var report = WeightsReport.Compare(file, state);
        if (strict && !report.IsComplete)
        {
            throw new WeightsException(path, $"'{Spec.Name}' with {NumClasses} classes", report, Advice(report));
        }

        foreach (var key in report.Loaded)
        {
            file[key].CopyTo(state[key]);
        }

        return report;
    }

    private bool IsClassifier(string key) =>
        Spec.Auxiliaries.Select(head => $"{head.Name}.fc2").Append(ClassifierKey).Any(layer => key.StartsWith($"{layer}.", StringComparison.Ordinal));

    // Another number of classes is the usual reason, and has a remedy.
    private string Advice(WeightsReport report) =>
        report.Missing.Count + report.Unexpected.Count == 0 && report.Misshapen.All(weight => IsClassifier(weight.Key))
            ? " To load all but the classifiers, pass includeClassifiers: false."
            : "";
}
