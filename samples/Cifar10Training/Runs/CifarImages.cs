using System.Diagnostics;
using System.Globalization;
using Cifar10Training.Display;
using Inception.Data;
using TorchSharp;

namespace Cifar10Training.Runs;

/// <summary>The images of a run, on its device.</summary>
internal sealed class CifarImages : IDisposable
{
    /// <summary>Training images of CIFAR-10; the test images are a fifth as many.</summary>
    public const int TrainCount = 50_000;

    private CifarImages(TensorDataset train, TensorDataset test) => (Train, Test) = (train, test);

    public TensorDataset Train { get; }

    public TensorDataset Test { get; }

    /// <summary>Loads CIFAR-10, or as much of it as the recipe takes: a limit of N means N training and N / 5 test images, all classes alike.</summary>
    public static async Task<CifarImages> LoadAsync(RunPlan plan, RunDisplay display, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var options = new Cifar10Options { Folder = plan.Data };
        using var cifar = await display.LoadAsync(progress => Cifar10.LoadAsync(options, progress, new DisplayLog(display), cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        var images = Choose(cifar, plan);
        display.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Data      {images.Train.Count:N0} training and {images.Test.Count:N0} test images from {plan.Data ?? Environment.GetEnvironmentVariable("CIFAR10_DIR") ?? "the cache"}, read in {clock.Elapsed.TotalSeconds:F1} s"));
        return images;
    }

    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
    }

    private static CifarImages Choose(Cifar10 cifar, RunPlan plan)
    {
        var device = torch.device(plan.Device);
        if (plan.Recipe.Limit is not { } limit)
        {
            return new CifarImages(cifar.Train.To(device), cifar.Test.To(device));
        }

        using var train = cifar.Train.Take(limit, plan.Recipe.Trainer.Seed);
        using var test = cifar.Test.Take(Math.Max(10, limit / 5), plan.Recipe.Trainer.Seed);
        return new CifarImages(train.To(device), test.To(device));
    }
}
