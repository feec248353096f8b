using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Interop;

/// <summary>Caffe's files of weights (<c>.caffemodel</c>), read without Caffe: BVLC GoogLeNet, as <c>bvlc_googlenet.caffemodel</c> holds it, and what was trained from it.</summary>
public static class CaffeFile
{
    private const string Classifier = "loss3/classifier.weight";

    // BVLC's network takes blue, green, red, which this weight reads; here images are red, green, blue.
    private const string FirstWeight = "conv1.conv.weight";

    // What the state keys of the network are called in Caffe, part by part; the main classifier's stand alone.
    private static readonly (string Ours, string Caffes)[] Parts =
    [
        ("conv1.conv.", "conv1/7x7_s2."), ("conv2.conv.", "conv2/3x3_reduce."), ("conv3.conv.", "conv2/3x3."),
        ("inception", "inception_"), (".branch1.conv.", "/1x1."), (".branch2.0.conv.", "/3x3_reduce."), (".branch2.1.conv.", "/3x3."),
        (".branch3.0.conv.", "/5x5_reduce."), (".branch3.1.conv.", "/5x5."), (".branch4.1.conv.", "/pool_proj."),
        ("aux", "loss"), (".conv.conv.", "/conv."), (".fc1.", "/fc."), (".fc2.", "/classifier."),
    ];

    extension(GoogLeNet)
    {
        /// <summary>
        /// Builds BVLC GoogLeNet from a <c>.caffemodel</c>, with the classes that the file has, and the auxiliary classifiers where it has them. The network takes RGB, as all networks here;
        /// preprocessing comes with it (224×224, minus the mean 123, 117, 104 on the scale of bytes), and for 1,000 classes ImageNet's names.
        /// </summary>
        /// <remarks>Layers are known by their names in BVLC's prototxt, in Caffe's newer and older form. Errors call weights so, too: <c>conv1/7x7_s2.weight</c>.</remarks>
        /// <param name="path">The file.</param>
        /// <returns>A network of <see cref="GoogLeNetSpec.Paper"/> on the CPU in evaluation mode; the caller disposes it.</returns>
        /// <exception cref="ModelFileException">The file is damaged, or no <c>.caffemodel</c>.</exception>
        /// <exception cref="WeightsException">Its layers are not BVLC GoogLeNet's.</exception>
        /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
        /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
        public static GoogLeNet LoadCaffe(string path) => Load(path, GoogLeNetSpec.Paper);
    }

    /// <summary>The same for a network of other widths.</summary>
    internal static GoogLeNet Load(string path, GoogLeNetSpec spec)
    {
        var blobs = CaffeBlob.ReadAll(path);
        spec = spec with { Auxiliaries = [.. spec.Auxiliaries.Where(head => blobs.Keys.Any(key => key.StartsWith(NameOf($"{head.Name}/"), StringComparison.Ordinal)))] };
        var classes = blobs.GetValueOrDefault(Classifier)?.Shape is [.., > 0 and <= int.MaxValue and var rows, _] ? (int)rows : ClassNameList.ImageNet.Names.Count;
        Check(blobs, spec, classes, path);

        return NetworkWeights.Filled(GoogLeNet.WithoutWeights(classes, spec), model =>
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            foreach (var (key, target) in model.State())
            {
                using var values = blobs[NameOf(key)].ToTensor(target.shape);
                target.copy_(key == FirstWeight ? values.flip(1) : values);
            }

            model.Preprocessing = new Preprocessing([new Normalize([123, 117, 104], [1, 1, 1])], spec.InputSize, channels: 3).Stored;
            model.ClassNames = classes == ClassNameList.ImageNet.Names.Count ? ClassNameList.ImageNet.Names : [];
        });
    }

    /// <summary>What Caffe's layer and its weight are called, by the network's state key.</summary>
    internal static string NameOf(string key) => key.StartsWith($"{GoogLeNetSpec.ClassifierKey}.", StringComparison.Ordinal)
        ? $"loss3/classifier.{key[(GoogLeNetSpec.ClassifierKey.Length + 1)..]}"
        : Parts.Aggregate(key, (name, part) => name.Replace(part.Ours, part.Caffes, StringComparison.Ordinal));

    // Before the network takes memory. Older blobs have four sizes, whatever they hold: those before a weight's own are 1.
    private static void Check(Dictionary<string, CaffeBlob> blobs, GoogLeNetSpec spec, int classes, string path)
    {
        var network = NetworkState.Shapes(new ModelDescription(classes, spec)).ToDictionary(entry => NameOf(entry.Key), entry => new TensorForm(SafeTensorsType.F32, entry.Value));
        var file = blobs.ToDictionary(entry => entry.Key, entry => entry.Value.Form(network.TryGetValue(entry.Key, out var wanted) ? wanted.Shape.Count : int.MaxValue));
        var report = WeightsReport.Compare(file, network);
        if (!report.IsComplete)
        {
            throw new WeightsException(path, $"'{spec.Name}' with {classes} classes", report, " The layers' names are those of BVLC GoogLeNet's prototxt.");
        }
    }
}
