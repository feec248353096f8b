using Cifar10Training.Display;
using Cifar10Training.Runs;
using Inception.Data;
using Inception.Evaluation;
using TorchSharp;

namespace Cifar10Training.Evaluation;

/// <summary>The images to evaluate on.</summary>
internal static class TestImages
{
    /// <summary>Test images of CIFAR-10.</summary>
    public const int Count = 10_000;

    /// <summary>The validation pictures of a folder in the size that the network was trained on, or <paramref name="limit"/> of them, all classes alike; the caller disposes them.</summary>
    public static IImageDataset LoadPictures(string data, int? limit, Predictor predictor, RunDisplay display, CancellationToken cancellationToken)
    {
        var model = predictor.Models[0];
        var names = model.ClassNames.Count > 0 ? predictor.ClassNames : null;
        if (names is null)
        {
            display.WriteLine($"Classes      in the order of the names in {data}: the network does not know what they are called");
        }

        var images = PictureFolder.LoadValidation(data, model.GetPreprocessing()?.Height ?? model.InputSize, names, display, isReadOnce: true, cancellationToken);
        if (limit is null || limit >= images.Count)
        {
            return images;
        }

        using (images)
        {
            return images.TakeStratified(limit.Value, seed: 0);
        }
    }

    /// <summary>Loads CIFAR-10's test images onto a device, or <paramref name="limit"/> of them, all classes alike; the caller disposes them.</summary>
    public static async Task<IImageDataset> LoadAsync(string? data, int? limit, string device, RunDisplay display, CancellationToken cancellationToken)
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
