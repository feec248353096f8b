printfn "%b" (TorchSharp.torch.cuda.is_available ())

open Inception
open Inception.Data
open Inception.Evaluation
open Inception.Training
open TorchSharp

let run () =
    use images = SyntheticImages.Create(64, seed = 1)
    use model = GoogLeNet.Create(10, GoogLeNetSpec.CifarSmall.WithWidth 0.125)
    let options = TrainerOptions(Epochs = 1, BatchSize = 32)
    let history = MultiHeadTrainer(model, options).Fit(images)
    printfn "epochs %d" history.Epochs.Count

    model.SaveWeights "weights.safetensors"
    use loaded = GoogLeNet.Load "weights.safetensors"
    use predictor = new Predictor(loaded)
    use probabilities = predictor.Predict(images.Images.select (0L, 0L))
    printfn "probabilities %.3f" (probabilities.sum().ToDouble())

run ()
