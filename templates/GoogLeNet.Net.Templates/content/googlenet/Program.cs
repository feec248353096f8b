// dotnet run -- train photos [epochs] [size]     photos/rose/*.jpg, photos/tulip/*.jpg, …: a folder for each class
// dotnet run -- label photo.jpg
using Inception;
using Inception.Data;
using Inception.Evaluation;
using Inception.Training;
using TorchSharp;
using static TorchSharp.torch;

const string Checkpoints = "checkpoints";

if (args is ["train", var folder, .. var numbers])
{
    var (epochs, size) = (numbers.Length > 0 ? int.Parse(numbers[0]) : 30, numbers.Length > 1 ? int.Parse(numbers[1]) : 224);
    using var photos = ImageFolderDataset.Load(folder, size);
    using var parts = photos.Split(0.2, seed: 1);
    using var model = GoogLeNet.Create(photos.ClassNames.Count, GoogLeNetSpec.TorchVision with { InputSize = size }).to(cuda.is_available() ? CUDA : CPU);
    var options = new TrainerOptions
    {
        Epochs = epochs, BatchSize = 32, Schedule = new Triangular(peak: 0.02),
        TrainTransforms = [new RandomResizedCrop(size, minArea: 0.35), new HorizontalFlip(), new ScaleToUnit()],
        CheckpointFolder = Checkpoints, Callbacks = [new ConsoleProgress()],
    };

    // Goes on where an interrupted training was; delete the folder to begin anew.
    new MultiHeadTrainer(model, options).Fit(parts.Train, parts.Validation, resumeFrom: CheckpointFiles.Furthest(Checkpoints));
}
else if (args is ["label", var photo])
{
    using var predictor = Predictor.Load(Path.Combine(Checkpoints, CheckpointFiles.Best));
    foreach (var prediction in predictor.Classify(photo, top: 3))
    {
        Console.WriteLine($"{prediction.ClassName}: {prediction.Probability:P1}");
    }
}
else
{
    Console.WriteLine("dotnet run -- train FOLDER [EPOCHS] [SIZE], then dotnet run -- label PHOTO");
}
