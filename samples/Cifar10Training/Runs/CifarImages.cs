using System.Diagnostics;
using System.Globalization;
using Cifar10Training.Commands;
using Cifar10Training.Display;
using Inception.Data;
using TorchSharp;

namespace Cifar10Training.Runs;

/// <summary>The images of a run: CIFAR-10 on its device, or the pictures of a folder.</summary>
internal sealed class CifarImages : IDisposable
{
    /// <summary>What <c>--data</c> takes in place of a folder; a folder of that name is <c>./synthetic</c>.</summary>
    public const string Synthetic = "synthetic";

    /// <summary>Training images of CIFAR-10; the test images are a fifth as many.</summary>
    public const int TrainCount = 50_000;

    private const int SyntheticTrainCount = 10_000;

    private CifarImages(IImageDataset train, IImageDataset test) => (Train, Test) = (train, test);

    public IImageDataset Train { get; }

    public IImageDataset Test { get; }

    /// <summary>
    /// Loads CIFAR-10, or draws synthetic images, or as many of them as the recipe takes: a limit of N means N training and N / 5 test images,
    /// all classes alike.
    /// </summary>
    public static async Task<CifarImages> LoadAsync(RunPlan plan, RunDisplay display, CancellationToken cancellationToken)
    {
        if (plan.Recipe.PictureSize is { } size)
        {
            return Pictures(plan, size, display, cancellationToken);
        }

        if (plan.Data == Synthetic)
        {
            return DrawImages(plan, display);
        }

        var clock = Stopwatch.StartNew();
        var options = new Cifar10Options { Folder = plan.Data };
        using var cifar = await display.LoadAsync(progress => Cifar10.LoadAsync(options, progress, new DisplayLog(display), cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        var images = Choose(cifar, plan);
        display.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Data      {images.Train.Count:N0} training and {images.Test.Count:N0} test images\n          from {plan.Data ?? Environment.GetEnvironmentVariable("CIFAR10_DIR") ?? "the cache"}, read in {clock.Elapsed.TotalSeconds:F1} s"));
        return images;
    }

    public void Dispose()
    {
        (Train as IDisposable)?.Dispose();
        (Test as IDisposable)?.Dispose();
    }

    private static CifarImages Pictures(RunPlan plan, int size, RunDisplay display, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var data = plan.Data is null or Synthetic
            ? throw new UsageException($"The recipe {plan.Recipe.Name} needs --data DIR: a folder with the folders {PictureFolder.Train} and {PictureFolder.Validation}.") : plan.Data;
        var train = PictureFolder.LoadTrain(data, size, display, cancellationToken);
        var test = PictureFolder.LoadValidation(data, size, train.ClassNames, display, isReadOnce: false, cancellationToken);
        if (plan.Recipe.Limit is { } limit)
        {
            using var whole = (IDisposable)train;
            using var wholeTest = (IDisposable)test;
            var seed = plan.Recipe.Trainer.Seed;
            (train, test) = (train.TakeStratified((int)Math.Min(limit, train.Count), seed), test.TakeStratified((int)Math.Min(TestCount(limit), test.Count), seed));
        }

        display.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Data      {train.Count:N0} training and {test.Count:N0} test pictures of {train.ClassNames.Count:N0} classes\n          from {data}, {(train.IsStreamed ? "decoded as they are needed" : "held in memory")}; listed in {clock.Elapsed.TotalSeconds:F1} s"));
        return new CifarImages(train, test);
    }

    // The same pictures for every seed of a run, as with a data set on disk; those to test on are of another seed.
    private static CifarImages DrawImages(RunPlan plan, RunDisplay display)
    {
        var clock = Stopwatch.StartNew();
        var count = plan.Recipe.Limit ?? SyntheticTrainCount;
        using var train = SyntheticImages.Create(count, seed: 1);
        using var test = SyntheticImages.Create(TestCount(count), seed: 2);
        display.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Data      {train.Count:N0} training and {test.Count:N0} test images, synthetic: drawn in {clock.Elapsed.TotalSeconds:F1} s\n          Accuracies on them say nothing about CIFAR-10."));
        var device = torch.device(plan.Device);
        return new CifarImages(train.To(device), test.To(device));
    }

    private static int TestCount(int trainCount) => Math.Max(10, trainCount / 5);

    private static CifarImages Choose(Cifar10 cifar, RunPlan plan)
    {
        var device = torch.device(plan.Device);
        if (plan.Recipe.Limit is not { } limit)
        {
            return new CifarImages(cifar.Train.To(device), cifar.Test.To(device));
        }

        using var train = cifar.Train.TakeStratified(limit, plan.Recipe.Trainer.Seed);
        using var test = cifar.Test.TakeStratified(TestCount(limit), plan.Recipe.Trainer.Seed);
        return new CifarImages(train.To(device), test.To(device));
    }
}
