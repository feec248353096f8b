using Inception.Data;
using Inception.Tests.Transforms;
using Inception.Training;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

/// <summary>Networks and data that train in milliseconds.</summary>
internal static class Tiny
{
    public static readonly Head[] ThreeHeads = [new("main", 1), new("aux1", 0.3), new("aux2", 0.3)];

    private static readonly string[] Letters = ["a", "b", "c", "d", "e", "f"];

    /// <summary>Batch normalisation, dropout everywhere and both heads: everything that a resumed run could get wrong.</summary>
    public static GoogLeNetSpec Spec(double dropout = 0.3) => new()
    {
        Name = "tiny",
        InputSize = 8,
        Layers =
        [
            new ConvolutionSpec("conv1", 8, Kernel: 3),
            new MaxPoolSpec("maxpool1", 3, 2),
            new InceptionSpec("3a", 4, 4, 4, 4, 4, 4),
            new InceptionSpec("3b", 4, 4, 4, 4, 4, 4),
        ],
        Auxiliaries =
        [
            new("aux1", "3a") { Pooling = new AdaptiveAveragePooling(2), Channels = 4, Hidden = 8, Dropout = dropout },
            new("aux2", "3b") { Pooling = new AdaptiveAveragePooling(2), Channels = 4, Hidden = 8, Dropout = dropout },
        ],
        Blocks = new() { Normalization = Normalization.BatchNorm, Weights = WeightInitializer.HeUniform },
        Pooling = PoolingRule.Floor,
        Dropout = dropout,
    };

    /// <summary>Noise with arbitrary labels.</summary>
    public static TensorDataset Noise(int count, int classes = 3, int size = 8, int channels = 3, int seed = 1) => new(
        Images.Batch(seed, count, channels, size, size),
        tensor([.. Enumerable.Range(0, count).Select(n => (long)(n * 7 % classes))]),
        Letters[..classes]);

    /// <summary>Noise in which class k has a brighter channel k.</summary>
    public static TensorDataset Separable(int count, int seed)
    {
        var bytes = Images.Bytes(count * 3 * 64, seed);
        var pixels = bytes.Select((value, i) => (byte)((value / 2) + (i / 64 % 3 == i / 192 % 3 ? 100 : 0))).ToArray();
        return new TensorDataset(tensor(pixels, [count, 3, 8, 8]), tensor([.. Enumerable.Range(0, count).Select(n => n % 3L)]), Letters[..3]);
    }

    /// <summary>Each image's pixels divided by 255, as the network sees them, and its label.</summary>
    public static (double[][] X, long[] Labels) Rows(TensorDataset data)
    {
        var pixels = data.Images.Values();
        return ([.. pixels.Chunk((int)(pixels.Length / data.Count)).Select(image => image.Select(value => value / 255.0).ToArray())], data.Labels.Longs());
    }
}

/// <summary>Data that calls back each time a batch is drawn from it, with the batch's number from 1 (a batch reads the labels once, as the check before the first does).</summary>
internal sealed class WatchedDataset(IImageDataset data, Action<int> drawn) : IImageDataset
{
    private int batches = -1;

    public long Count => data.Count;

    public IReadOnlyList<string> ClassNames => data.ClassNames;

    public ImageShape Shape => data.Shape;

    public Device Device => data.Device;

    public string Fingerprint => data.Fingerprint;

    public Tensor Labels
    {
        get
        {
            if (++batches > 0)
            {
                drawn(batches);
            }

            return data.Labels;
        }
    }

    public Tensor Read(IReadOnlyList<long> indices, CancellationToken cancellationToken = default) => data.Read(indices, cancellationToken);
}

/// <summary>Keeps every event, on the thread that reports it.</summary>
internal sealed class Recorder(Action<TrainingEvent>? on = null) : ITrainingCallback
{
    public List<TrainingEvent> Events { get; } = [];

    public TrainingRequests Observe(TrainingEvent value)
    {
        Events.Add(value);
        on?.Invoke(value);
        return TrainingRequests.None;
    }
}

/// <summary>A folder for one test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("googlenet-net-").FullName;

    public string Last => System.IO.Path.Combine(Path, CheckpointFiles.Last);

    public string Best => System.IO.Path.Combine(Path, CheckpointFiles.Best);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
