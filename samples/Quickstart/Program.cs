// From a folder of photos to a network that says what a photo shows.
using Inception;
using Inception.Data;
using Inception.Evaluation;
using Inception.Training;

using var photos = ImageFolderDataset.Load("photos", size: 224);        // photos/rose/*.jpg, photos/tulip/*.jpg …
using var parts = photos.Split(0.2, seed: 1);                           // a fifth of them to measure on
using var model = GoogLeNet.Create(photos.ClassNames.Count, GoogLeNetSpec.TorchVision);
var options = new TrainerOptions { Epochs = 10, BatchSize = 32, Schedule = new OneCycle(0.02), Callbacks = [new ConsoleProgress()] };
new MultiHeadTrainer(model, options).Fit(parts.Train, parts.Validation);
model.SaveWeights("photos.safetensors");                                // the network, its class names, how it sees photos

using var predictor = Predictor.Load("photos.safetensors");
foreach (var guess in predictor.Classify("photo.jpg", top: 3))
{
    Console.WriteLine($"{guess.ClassName}: {guess.Probability:P1}");
}
