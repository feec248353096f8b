using Cifar10Training.Display;
using Cifar10Training.Recipes;
using Cifar10Training.Runs;
using Inception.Data;
using Inception.Training;
using TorchSharp;

namespace Inception.Tests.Samples;

/// <summary>A run that takes a second: 48 images of 8×8 pixels in three classes, a network of one block and one auxiliary head.</summary>
internal static class TinyRun
{
    /// <summary>Without dropout, whose global random generator other tests use at the same time.</summary>
    public static Recipe Recipe { get; } = new()
    {
        Name = "tiny",
        Spec = new GoogLeNetSpec
        {
            Name = "tiny",
            InputSize = 8,
            Layers = [new ConvolutionSpec("conv1", 8, Kernel: 3), new InceptionSpec("3a", 8, 8, 8, 8, 8, 8)],
            Auxiliaries = [new("aux1", After: "3a") { Pooling = new AdaptiveAveragePooling(2), Channels = 8, Hidden = 16, Dropout = 0 }],
            Dropout = 0,
        },
        Trainer = new TrainerOptions
        {
            Epochs = 3,
            BatchSize = 12,
            Seed = 7,
            Schedule = new Triangular(peak: 0.1),
            Optimizer = new SgdOptions { Momentum = 0.9, Nesterov = true, WeightDecay = 5e-4 },
            TrainTransforms = [new HorizontalFlip(Alternating: true), new RandomCrop(1), new ScaleToUnit()],
        },
    };

    /// <summary>Images whose brightness is their class: 48 to train and 12 to test on, or as many as are asked for.</summary>
    public static TensorDataset Images(int count)
    {
        using var scope = torch.NewDisposeScope();
        var pixels = Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(0, 3 * 8 * 8).Select(p => (byte)((80 * (i % 3)) + ((i * 31 + p * 17) % 60))));
        var labels = Enumerable.Range(0, count).Select(i => (long)(i % 3));
        return new TensorDataset(torch.tensor(pixels.ToArray()).view(count, 3, 8, 8), torch.tensor(labels.ToArray()), ["dark", "grey", "bright"]);
    }

    /// <summary>Trains in <paramref name="folder"/>, as <c>cifar10 train</c> does after loading.</summary>
    public static RunMetrics Execute(
        string folder, TextWriter? output = null, string? checkpoint = null, ITrainingCallback? watcher = null, CancellationToken cancellationToken = default)
    {
        using var train = Images(48);
        using var test = Images(12);
        using var opened = RunFolder.Open(folder, resumed: checkpoint is not null);
        var display = new WatchedDisplay(new PlainDisplay(output ?? TextWriter.Null), watcher);
        var run = new TrainingRun(new RunPlan(Recipe, "cpu", folder, Checkpoint: checkpoint), opened, MachineFacts.Prepare(threads: 1), display);
        run.Announce();
        return run.Execute(train, test, cancellationToken);
    }

    private sealed class WatchedDisplay(RunDisplay inner, ITrainingCallback? watcher) : RunDisplay
    {
        public override void WriteLine(string line) => inner.WriteLine(line);

        public override Task<T> LoadAsync<T>(Func<IProgress<DownloadProgress>, Task<T>> load) => inner.LoadAsync(load);

        public override T Train<T>(Func<ITrainingCallback, T> train) => inner.Train(bar => train(watcher is null ? bar : new Both(bar, watcher)));
    }

    private sealed class Both(ITrainingCallback first, ITrainingCallback second) : ITrainingCallback
    {
        public TrainingRequests Observe(TrainingEvent value) => first.Observe(value) | second.Observe(value);
    }
}
