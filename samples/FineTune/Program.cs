// A saved network learns the classes of a folder of pictures: fine-tune WEIGHTS FOLDER TARGET [EPOCHS]
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

    using var network = await LoadAsync(weights, pictures.ClassNames.Count);

    var options = new TrainerOptions
    {
        Epochs = epochs,
        BatchSize = Math.Min(32, (int)split.Train.Count),
        Schedule = new Warmup(new CosineDecay(0.02), epochs: 1, startFactor: 0.1),

        // What the network already knows moves ten times slower than the new classifiers.
        Optimizer = new SgdOptions
        {
            Nesterov = true,
            WeightDecay = 5e-4,
            Groups =
            [
                new ParameterGroup { Keys = "fc.*" }, .. network.Heads.Skip(1).Select(head => new ParameterGroup { Keys = $"{head.Name}.fc2.*" }),
                new ParameterGroup { LearningRateFactor = 0.1 },
            ],
        },

        // Pictures become the network's input as in its first training.
        TrainTransforms =
        [
            new RandomCrop(padding: size / 8, mode: CropPadding.Reflect), new HorizontalFlip(),
            .. saved.GetPreprocessing()?.Transforms ?? [new ScaleToUnit()],
        ],
        Callbacks = [new ConsoleProgress()],
    };
    var history = new MultiHeadTrainer(network, options).Fit(split.Train, split.Validation);
    network.SaveWeights(target);

    var best = history.Epochs.Max(epoch => epoch.Validation[0].Accuracy);
    Console.WriteLine($"validation accuracy {history.Epochs[^1].Validation[0].Accuracy:P1} after {epochs} epochs, at best {best:P1}; saved to {target}");

    // The saved file is all that a program needs to say what a picture shows.
    using var predictor = Predictor.Load(target);
    var guess = predictor.Classify(pictures.Files[0])[0];
    Console.WriteLine($"{pictures.Files[0]}: {guess.ClassName} ({guess.Probability:P1})");
}

// The network of the weights; with a number of classes the same network with other classifiers, for which those of the file are left out.
static async Task<GoogLeNet> LoadAsync(string weights, int? classes = null)
{
    if (weights == "pretrained")
    {
        return await GoogLeNet.CreatePretrainedAsync(classes);
    }

    if (weights.EndsWith(".pth", StringComparison.OrdinalIgnoreCase))
    {
        return GoogLeNet.CreatePretrained(weights, classes);
    }

    var saved = GoogLeNet.Load(weights);
    if (classes is not { } count)
    {
        return saved;
    }

    using (saved)
    {
        var network = GoogLeNet.Create(count, saved.Spec);
        network.LoadWeights(weights, includeClassifiers: false);
        return network;
    }
}
