using Inception.Data;
using Inception.Training;
using static TorchSharp.torch;

namespace Inception.Tests.Docs;

/// <summary>The loop of docs/training.md, which shows the method below word for word.</summary>
internal static class OwnLoop
{
    public static IReadOnlyList<HeadMetrics> Train(MultiHeadModel model, IImageDataset train, int epochs, int batchSize)
    {
        var options = new TrainerOptions { Optimizer = new SgdOptions { Nesterov = true, WeightDecay = 5e-4 }, LabelSmoothing = 0.1 };
        var schedule = new Triangular(peak: 0.1);
        using var parameters = new FlatParameters(model, options.Optimizer.Groups);  // one buffer of weights, one of gradients
        using var optimizer = options.Optimizer.Create(parameters);
        var objective = new HeadObjective(model.Heads, options);                            // loss and weight of every head
        var device = parameters.Values.device;
        using var metrics = new MetricAccumulator(model.Heads, device);                     // stays on the device until it is read
        var loader = new BatchLoader(train, batchSize, [new HorizontalFlip(), new ScaleToUnit()], device, seed: 0);

        for (var epoch = 0; epoch < epochs; epoch++)
        {
            model.train();
            metrics.Reset();
            for (var step = 0; step < loader.Steps; step++)
            {
                using var scope = NewDisposeScope();                                        // frees every tensor of the step
                var position = new TrainingPosition(epoch, step, loader.Steps, epochs);
                var batch = loader.Load(epoch, step);
                var losses = objective.Losses(model.AllHeads(batch.Images), batch, metrics);
                objective.WeightedSum(losses, position).backward();
                optimizer.Step(schedule.At(position));                                      // and sets the gradients to zero
            }
        }

        model.eval();
        return metrics.Read();
    }
}
