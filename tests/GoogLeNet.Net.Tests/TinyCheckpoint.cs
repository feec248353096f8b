using Inception.Data;
using Inception.Training;
using TorchSharp;

namespace Inception.Tests;

/// <summary>Files of a network of one block for 32×32 images.</summary>
internal static class TinyCheckpoint
{
    /// <summary>Writes a checkpoint after one epoch on ten images, one of each class, that are as bright as their class number says.</summary>
    /// <returns>Its path.</returns>
    public static string Train(string folder, int seed = 1)
    {
        using var model = GoogLeNet.Create(10, Spec, seed);
        using var data = Images();
        var options = new TrainerOptions
        {
            Epochs = 1,
            BatchSize = 5,
            ValidationTransforms = [new Normalize([.. Cifar10.Mean], [.. Cifar10.StandardDeviation])],
            CheckpointFolder = folder,
        };
        new MultiHeadTrainer(model, options).Fit(data);
        return Path.Combine(folder, CheckpointFiles.Last);
    }

    /// <summary>Writes freshly drawn weights.</summary>
    /// <returns>Their path.</returns>
    public static string Draw(string folder, int classes)
    {
        using var model = GoogLeNet.Create(classes, Spec);
        var path = Path.Combine(folder, $"weights-{classes}.safetensors");
        model.SaveWeights(path);
        return path;
    }

    private static GoogLeNetSpec Spec { get; } = new()
    {
        Name = "tiny",
        InputSize = 32,
        Layers = [new ConvolutionSpec("conv1", 8, Kernel: 3, Stride: 4), new InceptionSpec("3a", 8, 8, 8, 8, 8, 8)],
        Auxiliaries = [],
        Dropout = 0,
    };

    private static TensorDataset Images()
    {
        using var scope = torch.NewDisposeScope();
        var pixels = Enumerable.Range(0, 10 * 3 * 32 * 32).Select(i => (byte)(i / (3 * 32 * 32) * 25));
        return new TensorDataset(
            torch.tensor([.. pixels], [10, 3, 32, 32]), torch.tensor([.. Enumerable.Range(0, 10).Select(k => (long)k)]), Cifar10.ClassNames);
    }
}
