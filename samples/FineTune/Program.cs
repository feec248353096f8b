// A saved network learns the classes of a folder of pictures: fine-tune WEIGHTS FOLDER TARGET [EPOCHS]; its classifiers learn alone for one epoch, then all of it for EPOCHS
//     WEIGHTS  a file of SaveWeights or a checkpoint, for example runs/…/best.safetensors; torchvision's googlenet-1378be20.pth; or the word pretrained, which downloads that
//     FOLDER   holds a folder of pictures for each class; a fifth of them is kept back for validation
//     TARGET   the file that the fine-tuned network is saved to
using Inception;
using Inception.Data;
using Inception.Evaluation;
using Inception.Interop;
using Inception.Training;

var epochs = 10;
if (args.Length is < 3 or > 4 || (args.Length == 4 && !(int.TryParse(args[3], out epochs) && epochs > 0)))
{
    Console.Error.WriteLine("usage: fine-tune WEIGHTS FOLDER TARGET [EPOCHS]");
    return 2;
}

try
{
    await FineTuneAsync(args[0], args[1], args[2], epochs);
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or TrainingDivergedException)
{
    Console.Error.WriteLine($"fine-tune: {e.Message}");
    return 1;
}

static async Task FineTuneAsync(string weights, string folder, string target, int epochs)
{
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);    // what cannot be saved is better known before the training
    using var saved = await LoadAsync(weights);
    var size = saved.GetPreprocessing()?.Height ?? saved.InputSize;
    using var pictures = ImageFolderDataset.Load(folder, size);
    using var split = pictures.Split(0.2, seed: 0);
    Console.WriteLine($"{pictures.ClassNames.Count} classes ({string.Join(", ", pictures.ClassNames)}), {split.Train.Count} pictures to train on");

    using var network = saved.WithClasses(pictures.ClassNames.Count);
    var options = new TrainerOptions
    {
        Epochs = epochs,
        BatchSize = Math.Min(32, (int)split.Train.Count),
        Schedule = new OneCycle(peak: 0.1),
        Optimizer = new SgdOptions { Nesterov = true, WeightDecay = 5e-4 },
        EarlyStopping = new EarlyStopping(patience: 5),

        // Pictures become the network's input as in its first training.
        TrainTransforms =
        [
            new RandomCrop(padding: size / 8, mode: CropPadding.Reflect), new HorizontalFlip(),
            .. saved.GetPreprocessing()?.Transforms ?? [new ScaleToUnit()],
        ],
        Callbacks = [new ConsoleProgress()],
    };
    var history = new MultiHeadTrainer(network, options).FineTune(split.Train, split.Validation);
    network.SaveWeights(target);

    var best = history.Epochs.Max(epoch => epoch.Validation[0].Accuracy);
    Console.WriteLine($"validation accuracy {history.Epochs[^1].Validation[0].Accuracy:P1} after {history.Epochs.Count} epochs, at best {best:P1}; saved to {target}");

    // The saved file is all that a program needs to say what a picture shows.
    using var predictor = Predictor.Load(target);
    foreach (var picture in pictures.Files.GroupBy(file => Path.GetDirectoryName(file)).Select(files => files.First()))
    {
        var guess = predictor.Classify(picture)[0];
        Console.WriteLine($"{picture}: {guess.ClassName} ({guess.Probability:P1})");
    }
}

static async Task<GoogLeNet> LoadAsync(string weights) =>
    weights == "pretrained" ? await GoogLeNet.CreatePretrainedAsync()
    : weights.EndsWith(".pth", StringComparison.OrdinalIgnoreCase) ? GoogLeNet.CreatePretrained(weights)
    : GoogLeNet.Load(weights);
