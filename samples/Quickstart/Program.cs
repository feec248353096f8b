// Trains GoogLeNet on CIFAR-10: two passes over all images, some minutes on a CPU.
using Inception;
using Inception.Data;
using Inception.Training;

using var cifar = await Cifar10.LoadAsync();                                        // verified, cached
using var model = GoogLeNet.Create(numClasses: 10, GoogLeNetSpec.CifarSmall);       // without a spec: the paper's network
var trainer = new MultiHeadTrainer(model, new TrainerOptions { Epochs = 2, BatchSize = 128, Schedule = new Triangular(peak: 0.1) });
var history = trainer.Fit(cifar.Train, cifar.Test);

foreach (var head in history.Epochs[^1].Validation)
{
    Console.WriteLine($"{head.Head}: {head.Accuracy:P2} of the test images");
}
