using Cifar10Training.Display;
using Inception.Data;
using TorchSharp;

namespace Cifar10Training.Evaluation;

/// <summary>The images to evaluate on.</summary>
internal static class TestImages
{
    /// <summary>Test images of CIFAR-10.</summary>
    public const int Count = 10_000;

    /// <summary>Loads CIFAR-10's test images onto a device, or <paramref name="limit"/> of them, all classes alike; the caller disposes them.</summary>
    public static async Task<TensorDataset> LoadAsync(string? data, int? limit, string device, RunDisplay display, CancellationToken cancellationToken)
    {
        var options = new Cifar10Options { Folder = data };
        using var cifar = await display.LoadAsync(progress => Cifar10.LoadAsync(options, progress, new DisplayLog(display), cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (limit is null)
        {
            return cifar.Test.To(torch.device(device));
        }

        using var some = cifar.Test.TakeStratified(limit.Value, seed: 0);
        return some.To(torch.device(device));
    }
}
