// A network of your own with three heads, trained by MultiHeadTrainer: custom-heads [IMAGES [EPOCHS]]
using CustomHeads;
using Inception.Data;
using Inception.Training;
using TorchSharp;

if (args.Length > 2 || !args.All(text => int.TryParse(text, out var number) && number > 0))
{
    Console.Error.WriteLine("usage: custom-heads [IMAGES [EPOCHS]], whole numbers above 0");
    return 2;
}

var images = args.Length > 0 ? int.Parse(args[0]) : 2000;
var epochs = args.Length > 1 ? int.Parse(args[1]) : 5;

torch.manual_seed(0);                               // the network's layers draw from TorchSharp's generator
using var pictures = SyntheticImages.Create(images, seed: 1);
using var split = pictures.Split(0.2, seed: 1);
using var network = new StackedNetwork(numClasses: 10);
var options = new TrainerOptions
{
    Epochs = epochs,
    BatchSize = 50,
    Schedule = new OneCycle(0.1),
    Optimizer = new SgdOptions { Nesterov = true, WeightDecay = 5e-4 },

    // The shallow head helps at first and then steps back; the deeper one learns from softened labels.
    HeadWeights = new Dictionary<string, ILearningRateSchedule> { ["shallow"] = new PolynomialDecay(0.3) },
    Losses = new Dictionary<string, IHeadLoss> { ["middle"] = new CrossEntropy(labelSmoothing: 0.1) },
};
var history = new MultiHeadTrainer(network, options).Fit(split.Train, split.Validation);

foreach (var epoch in history.Epochs)
{
    Console.WriteLine($"epoch {epoch.Epoch}: " + string.Join(", ", epoch.Validation.Select(head => $"{head.Head} {head.Accuracy:P1}")));
}

return 0;
