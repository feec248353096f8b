Console.WriteLine(TorchSharp.torch.cuda.is_available());

using var images = SyntheticImages.Create(128, seed: 1);
using var model = GoogLeNet.Create(numClasses: 10, GoogLeNetSpec.CifarSmall.WithWidth(0.125));
var options = new TrainerOptions { Epochs = 3, BatchSize = 32, Schedule = new Triangular(peak: 0.1) };
var history = new MultiHeadTrainer(model, options).Fit(images);
Console.WriteLine($"epochs {history.Epochs.Count}");
Console.WriteLine($"learned {history.Epochs[^1].Train[0].Loss < history.Epochs[0].Train[0].Loss}");

model.SaveWeights("weights.safetensors");
using var loaded = GoogLeNet.Load("weights.safetensors");
model.eval();
using var scope = NewDisposeScope();
var picture = images.Images.select(0, 0);
var trained = new Predictor(model).Predict(picture);
var read = new Predictor(loaded).Predict(picture);
Console.WriteLine($"same {trained.Equals(read)}");
Console.WriteLine($"probabilities {read.sum().ToDouble():F3}");

loaded.ExportOnnx("weights.onnx");
Console.WriteLine($"onnx {new FileInfo("weights.onnx").Length > 100_000}");
