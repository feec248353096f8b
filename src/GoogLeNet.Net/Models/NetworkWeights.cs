using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception;

/// <summary>A network's weights: to and from model files, copied into another network, with batch normalization folded into them.</summary>
internal static class NetworkWeights
{
    /// <summary>Every parameter, then every buffer, by its state key. The tensors are the module's own.</summary>
    public static Dictionary<string, Tensor> State(this nn.Module module) =>
        module.named_parameters().Select(named => (named.name, (Tensor)named.parameter)).Concat(module.named_buffers())
            .ToDictionary(named => named.Item1, named => named.Item2);

    /// <summary>Copies of a module's state, as a model file holds them.</summary>
    public static Dictionary<string, SafeTensor> Tensors(this nn.Module module) =>
        module.State().ToDictionary(entry => entry.Key, entry => entry.Value.ToSafeTensor(entry.Key));

    /// <summary>The metadata of a model's files.</summary>
    /// <param name="model">The model.</param>
    /// <param name="format"><see cref="WeightsFormat.Weights"/> or <see cref="WeightsFormat.Checkpoint"/>.</param>
    public static Dictionary<string, string> Metadata(this MultiHeadModel model, string format)
    {
        var metadata = WeightsFormat.Describe(format, model.Configuration, model.ClassNames, model.Preprocessing?.ToJson());
        if (model.Temperature != 1)
        {
            metadata[WeightsFormat.TemperatureKey] = model.Temperature.ToString("R", CultureInfo.InvariantCulture);
        }

        if (model.MinimumConfidence > 0)
        {
            metadata[WeightsFormat.MinimumConfidenceKey] = model.MinimumConfidence.ToString("R", CultureInfo.InvariantCulture);
        }

        return metadata;
    }

    /// <summary><see cref="MultiHeadModel.SaveWeights"/>.</summary>
    public static void Save(MultiHeadModel model, string path)
    {
        // A disposed module has no parameters left, and would be saved as an empty file.
        ObjectDisposedException.ThrowIf(!model.parameters().Any(), model);
        SafeTensorsFile.Write(path, model.Metadata(WeightsFormat.Weights), model.Tensors().Values);
    }

    /// <summary>The network that a file describes, with its weights, or the averaged ones where the file holds such.</summary>
    public static GoogLeNet Load(SafeTensorsFile file, string path, IReadOnlyList<Type>? ownTypes = null)
    {
        var description = ModelDescription.Read(file, path, ownTypes);
        return Filled(
            GoogLeNet.WithoutWeights(description.NumClasses, description.Spec),
            model => Load(model, file, file.FinalTensors(), path, strict: true, includeClassifiers: true));
    }

    /// <summary>A new network in evaluation mode, after its weights were filled in; disposed where that fails.</summary>
    public static GoogLeNet Filled(GoogLeNet network, Action<GoogLeNet> fill)
    {
        try
        {
            fill(network);
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary><see cref="MultiHeadModel.LoadWeights"/>.</summary>
    public static WeightsReport Load(MultiHeadModel model, string path, bool strict, bool includeClassifiers, bool? averaged)
    {
        var file = SafeTensorsFile.Read(path);
        WeightsFormat.RequireKnown(file, path);
        var tensors = (averaged switch { null => file.FinalTensors(), true => file.AveragedTensors(), false => file.NetworkTensors() }).ToList();
        return averaged == true && tensors.Count == 0
            ? throw new ArgumentException($"{path} holds no averaged weights; only checkpoints of runs with weight averaging do.", nameof(averaged))
            : Load(model, file, tensors, path, strict, includeClassifiers);
    }

    /// <summary>A network of another spec in evaluation mode on the same device, with copies of the tensors whose keys both have.</summary>
    public static GoogLeNet Derive(GoogLeNet model, GoogLeNetSpec spec)
    {
        var (device, type) = (model.Device, model.parameters().First().dtype);
        var network = GoogLeNet.WithoutWeights(model.NumClasses, spec).to(device, type);
        network.eval();
        CopyTensors(network, model, model.State());
        (network.ClassNames, network.Temperature, network.MinimumConfidence) = (model.ClassNames, model.Temperature, model.MinimumConfidence);
        return network;
    }

    /// <summary><see cref="GoogLeNet.WithClasses"/>.</summary>
    public static GoogLeNet WithClasses(GoogLeNet model, int numClasses, int seed)
    {
        var network = GoogLeNet.Create(numClasses, model.Spec, seed).to(model.Device, model.parameters().First().dtype);
        network.eval();
        CopyTensors(network, model, model.State().Where(entry => !model.IsClassifier(entry.Key)));
        return network;
    }

    /// <summary><see cref="GoogLeNet.FoldBatchNorm"/>.</summary>
    public static GoogLeNet FoldBatchNorm(GoogLeNet model)
    {
        var spec = model.Spec;
        if (spec.Blocks.Normalization != Normalization.BatchNorm)
        {
            throw new InvalidOperationException(
                $"'{spec.Name}' has no batch normalization to fold: Blocks.Normalization is {spec.Blocks.Normalization}.");
        }

        var folded = Derive(model, spec with { Auxiliaries = [], Blocks = spec.Blocks with { Normalization = Normalization.None } });
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var target = folded.State();
        foreach (var (key, block) in model.named_modules().Where(named => named.module is ConvBnRelu && target.ContainsKey($"{named.name}.conv.bias")))
        {
            using var step = NewDisposeScope();
            var (conv, norm) = (((ConvBnRelu)block).Conv, ((ConvBnRelu)block).Norm!);

            // In doubles, so that each number is rounded once.
            Tensor Doubles(Tensor value) => value.detach().to(ScalarType.Float64);
            var scale = Doubles(norm.weight) / Doubles(norm.running_var!).Plus(norm.eps).sqrt();
            var weight = Doubles(conv.weight) * scale.view(-1, 1, 1, 1);
            target[$"{key}.conv.weight"].copy_(weight);
            target[$"{key}.conv.bias"].copy_(Doubles(norm.bias!) - (Doubles(norm.running_mean!) * scale));
        }

        return folded;
    }

    /// <summary>How a file's tensors fit a network's; nothing is copied.</summary>
    /// <param name="model">The network.</param>
    /// <param name="file">Type and shape of each of the file's tensors.</param>
    /// <param name="state">The network's tensors by state key.</param>
    /// <param name="path">The file's name.</param>
    /// <param name="strict">Whether all must fit.</param>
    /// <param name="includeClassifiers">Whether the heads' last layers are looked at, too.</param>
    /// <exception cref="WeightsException">With <paramref name="strict"/>, something does not fit.</exception>
    /// <exception cref="ArgumentException">Classifiers are to be left out, and the model does not say which layers they are.</exception>
    public static WeightsReport Compare(
        MultiHeadModel model, IReadOnlyDictionary<string, TensorForm> file, IReadOnlyDictionary<string, Tensor> state, string path, bool strict, bool includeClassifiers)
    {
        if (!includeClassifiers)
        {
            RequireClassifiers(model);
        }

        Dictionary<string, TensorForm> Included(IEnumerable<KeyValuePair<string, TensorForm>> forms) =>
            forms.Where(entry => includeClassifiers || !model.IsClassifier(entry.Key)).ToDictionary();

        var report = WeightsReport.Compare(Included(file), Included(state.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Form()))));
        return report.IsComplete || !strict ? report
            : throw new WeightsException(path, $"'{(model as GoogLeNet)?.Spec.Name ?? model.GetName()}' with {model.NumClasses} classes", report, Advice(model, report));
    }

    private static WeightsReport Load(MultiHeadModel model, SafeTensorsFile source, IReadOnlyList<SafeTensor> tensors, string path, bool strict, bool includeClassifiers)
    {
        var (file, state) = (tensors.ToDictionary(tensor => tensor.Name), model.State());
        var report = Compare(model, file.ToDictionary(entry => entry.Key, entry => entry.Value.Form), state, path, strict, includeClassifiers);

        // Where the whole network is the file's, so are its classes and its input, of which stays what the file does not say, and its temperature.
        if (includeClassifiers && report.Missing.Count + report.Misshapen.Count == 0)
        {
            model.ClassNames = source.ClassNames(path, model.NumClasses) is { Count: > 0 } names ? names : model.ClassNames;
            model.Preprocessing = PreprocessingOf(source) ?? model.Preprocessing;
            (model.Temperature, model.MinimumConfidence) = (source.Temperature(path), source.MinimumConfidence(path));
        }

        foreach (var key in report.Loaded)
        {
            file[key].CopyTo(state[key]);
        }

        return report;
    }

    // Checkpoints of earlier versions hold the transforms of validation among the options, and nothing else.
    private static StoredPreprocessing? PreprocessingOf(SafeTensorsFile file)
    {
        if (file.Metadata.TryGetValue(WeightsFormat.PreprocessingKey, out var json))
        {
            return new StoredPreprocessing(() => json);
        }

        try
        {
            if (file.Metadata.TryGetValue(WeightsFormat.OptionsKey, out var options) && JsonNode.Parse(options)?["validationTransforms"] is { } transforms)
            {
                var text = new JsonObject { ["transforms"] = transforms.DeepClone() }.ToJsonString();
                return new StoredPreprocessing(() => text);
            }

            return null;
        }
        catch (JsonException)
        {
            // What cannot be read is refused where it is needed.
            return new StoredPreprocessing(() => file.Metadata[WeightsFormat.OptionsKey]);
        }
    }

    /// <summary>Refuses a model that does not say which layers are its classifiers.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void RequireClassifiers(MultiHeadModel model)
    {
        if (!model.named_parameters().Any(named => model.IsClassifier(named.name)))
        {
            throw new ArgumentException($"{model.GetName()} does not say which layers are its classifiers: override ClassifierKeys, or name them in MultiHeadModel.Wrap(…, classifierKeys: [\"fc\"]).");
        }
    }

    // The usual reasons have a remedy: another number of classes, a file without auxiliary classifiers, as torchvision's, and one with heads that the network lacks.
    private static string Advice(MultiHeadModel model, WeightsReport report)
    {
        bool IsAuxiliary(string key) => model is GoogLeNet network && network.Spec.Auxiliaries.Any(head => key.StartsWith($"{head.Name}.", StringComparison.Ordinal));

        if (report.Missing.Count + report.Misshapen.Count == 0)
        {
            return " To leave out what the network lacks, pass strict: false.";
        }

        if (report.Unexpected.Count > 0 || !report.Misshapen.All(weight => model.IsClassifier(weight.Key)) || !report.Missing.All(IsAuxiliary))
        {
            return "";
        }

        return (report.Missing.Count > 0 ? " The file has no such auxiliary classifiers: build the network with Auxiliaries = [], or pass strict: false to leave them as they are." : "")
            + (report.Misshapen.Count > 0 ? " To load all but the classifiers, pass includeClassifiers: false." : "");
    }

    // Every tensor of these keys that both have.
    private static void CopyTensors(GoogLeNet network, GoogLeNet model, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var state = network.State();
        foreach (var (key, value) in tensors.Where(entry => state.ContainsKey(entry.Key)))
        {
            state[key].copy_(value);
        }

        network.Preprocessing = model.Preprocessing;
    }
}
