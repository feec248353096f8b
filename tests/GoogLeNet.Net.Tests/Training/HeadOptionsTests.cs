using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

/// <summary>Weights, losses and metrics of single heads, and batches in parts, against closed forms of a linear model.</summary>
[Collection(TorchCollection.Name)]
public sealed class HeadOptionsTests
{
    private static readonly TrainerOptions Plain = new()
    {
        Epochs = 1,
        BatchSize = 7,
        Schedule = new StepDecay(0.5, 1, 1),
        Optimizer = new SgdOptions { Momentum = 0 },
        TrainTransforms = [new ScaleToUnit()],
        ValidationTransforms = [new ScaleToUnit()],
    };

    [Fact]
    public void A_scheduled_weight_takes_the_place_of_the_models()
    {
        using var data = Tiny.Noise(7, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var (x, labels) = Tiny.Rows(data);
        var (weight, bias) = (model.Weight(1), model.Bias(1));

        // Half of 0.8 in the first epoch, a quarter in the second.
        var options = Plain with { Epochs = 2, HeadWeights = new Dictionary<string, ILearningRateSchedule> { ["aux1"] = new TutorialStepDecay(0.8, 0.5, 1) } };
        new MultiHeadTrainer(model, options).Fit(data);

        foreach (var headWeight in new[] { 0.4, 0.2 })
        {
            (weight, bias) = Descended(x, labels, weight, bias, 0.5 * headWeight);
        }

        Arrays.RelativeError(model.Weight(1), [.. weight.Select(w => (double)w)]).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void A_head_may_have_a_loss_of_its_own()
    {
        using var data = Tiny.Noise(7, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var (x, labels) = Tiny.Rows(data);
        var main = LinearModel.Measure(x, labels, model.Weight(0), model.Bias(0)).Loss;
        var aux = LinearModel.Measure(x, labels, model.Weight(1), model.Bias(1)).Loss;
        var options = Plain with { Losses = new Dictionary<string, IHeadLoss> { ["aux1"] = new Doubled() } };

        var record = new MultiHeadTrainer(model, options).Fit(data).Epochs.Single();

        record.Train[0].Loss.Should().BeApproximately(main, 1e-5);
        record.Train[1].Loss.Should().BeApproximately(2 * aux, 1e-5);
    }

    [Fact]
    public void Of_blended_images_each_label_counts_with_its_share()
    {
        using var data = Tiny.Noise(7, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        using var scope = NewDisposeScope();
        var batch = new BatchLoader(data, 7, Plain.TrainTransforms!, CPU, seed: 5, mixup: new Mixup(1)).Load(0, 0);
        var x = batch.Images.contiguous().Floats().Chunk(12).Select(row => row.Select(value => (double)value).ToArray()).ToArray();
        var (labels, partners, shares) = (batch.Labels.Longs(), batch.MixedLabels!.Longs(), batch.Lambda!.Floats());
        double Loss(int n, long label) => LinearModel.Measure([x[n]], [label], model.Weight(0), model.Bias(0)).Loss;
        var expected = Enumerable.Range(0, 7).Average(n => (shares[n] * Loss(n, labels[n])) + ((1 - shares[n]) * Loss(n, partners[n])));

        var record = new MultiHeadTrainer(model, Plain with { Seed = 5, Mixup = new Mixup(1) }).Fit(data).Epochs.Single();

        record.Train[0].Loss.Should().BeApproximately(expected, 1e-5);
    }

    [Theory]
    [InlineData(1, "each image alone")]
    [InlineData(2, "the last batch is 2 + 1 images")]
    [InlineData(4, "whole batches")]
    public void A_batch_in_parts_gives_the_step_of_the_whole_batch(int microBatch, string reason)
    {
        using var data = Tiny.Noise(7, size: 2);
        using var whole = new LinearModel(12, 3, Tiny.ThreeHeads);
        using var parts = new LinearModel(12, 3, Tiny.ThreeHeads);
        var options = Plain with { Epochs = 2, BatchSize = 4 };

        var expected = new MultiHeadTrainer(whole, options).Fit(data);
        var history = new MultiHeadTrainer(parts, options with { MicroBatchSize = microBatch }).Fit(data);

        Arrays.RelativeError(parts.Weight(0), [.. whole.Weight(0).Select(w => (double)w)]).Should().BeLessThan(1e-5, reason);
        history.Epochs[1].Train[2].Loss.Should().BeApproximately(expected.Epochs[1].Train[2].Loss, 1e-5, reason);
        history.Epochs[1].Train[2].Accuracy.Should().Be(expected.Epochs[1].Train[2].Accuracy, reason);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(9)]
    public void Top_k_counts_images_whose_class_is_among_the_k_most_probable(int k)
    {
        using var data = Tiny.Noise(40, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var (x, labels) = Tiny.Rows(data);
        var (weight, bias) = (model.Weight(0), model.Bias(0));
        var ranks = x.Select((pixels, n) =>
        {
            var logits = Enumerable.Range(0, 3).Select(c => bias[c] + pixels.Select((p, i) => p * weight[(c * 12) + i]).Sum()).ToArray();
            return logits.Count(logit => logit > logits[labels[n]]);
        });

        var metrics = new MultiHeadTrainer(model, Plain with { TopK = k }).Evaluate(data)[0];

        metrics.TopKAccuracy.Should().BeApproximately(ranks.Count(rank => rank < k) / 40.0, 1e-12);
        metrics.Accuracy.Should().BeApproximately(LinearModel.Measure(x, labels, weight, bias).Accuracy, 1e-12);
    }

    [Fact]
    public void Without_top_k_there_is_no_such_metric()
    {
        using var data = Tiny.Noise(7, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);

        new MultiHeadTrainer(model, Plain).Evaluate(data).Should().OnlyContain(head => head.TopKAccuracy == null);
    }

    private static (float[] Weight, float[] Bias) Descended(double[][] x, long[] labels, float[] weight, float[] bias, double rate)
    {
        var gradient = LinearModel.WeightGradient(x, labels, weight, bias);
        var biasGradient = LinearModel.BiasGradient(x, labels, weight, bias);
        return ([.. weight.Zip(gradient, (w, g) => (float)(w - (rate * g)))], [.. bias.Zip(biasGradient, (b, g) => (float)(b - (rate * g)))]);
    }

    private sealed record Doubled : IHeadLoss
    {
        public Tensor PerImage(Tensor logits, Tensor labels) => new CrossEntropy().PerImage(logits, labels).mul(2);
    }
}
