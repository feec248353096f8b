using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training;

/// <summary>The total loss and the metrics of every head, against closed forms of a linear model.</summary>
[Collection(TorchCollection.Name)]
public sealed class LossTests
{
    private static readonly TrainerOptions OneStep = new()
    {
        Epochs = 1,
        BatchSize = 64,
        Schedule = new StepDecay(0.5, 1, 1),
        Optimizer = new SgdOptions { Momentum = 0 },
        TrainTransforms = [new ScaleToUnit()],
        ValidationTransforms = [new ScaleToUnit()],
    };

    [Theory]
    [InlineData(false, "in the order of the model's heads")]
    [InlineData(true, "a model may return its auxiliary heads in any order: they have names")]
    public void Each_heads_gradient_enters_the_step_with_its_weight(bool reversed, string reason)
    {
        using var data = Tiny.Noise(7, size: 2);
        Head[] heads = [new("main", 1), new("aux1", 0.3), new("aux2", 0.6)];
        using var model = new LinearModel(12, 3, heads, reversed);
        var (x, labels) = Tiny.Rows(data);
        var expected = heads.Select((head, i) =>
        {
            var gradient = LinearModel.WeightGradient(x, labels, model.Weight(i), model.Bias(i));
            return model.Weight(i).Zip(gradient, (w, g) => w - (0.5 * head.Weight * g)).ToList();
        }).ToList();
        var losses = heads.Select((_, i) => LinearModel.Measure(x, labels, model.Weight(i), model.Bias(i)).Loss).ToList();

        var history = new MultiHeadTrainer(model, OneStep with { BatchSize = 7 }).Fit(data);

        for (var i = 0; i < heads.Length; i++)
        {
            Arrays.RelativeError(model.Weight(i), expected[i]).Should().BeLessThan(1e-5, $"{heads[i].Name}: {reason}");
            history.Epochs[0].Train[i].Head.Should().Be(heads[i].Name);
            history.Epochs[0].Train[i].Loss.Should().BeApproximately(losses[i], 1e-5, $"{heads[i].Name}: {reason}");
        }
    }

    [Theory]
    [InlineData(64, null)]
    [InlineData(64, 2)]
    [InlineData(14, 14)]
    public void A_batch_larger_than_the_data_set_is_one_batch_of_all_of_it(int batch, int? part)
    {
        float[] Trained(int size, int? parts)
        {
            using var data = Tiny.Noise(7, size: 2);
            using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
            new MultiHeadTrainer(model, OneStep with { BatchSize = size, MicroBatchSize = parts }).Fit(data).Epochs.Should().ContainSingle();
            return model.Weight(0);
        }

        Arrays.RelativeError(Trained(batch, part), [.. Trained(7, null).Select(value => (double)value)]).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void The_default_total_is_the_main_loss_and_three_tenths_of_each_auxiliary_one()
    {
        using var model = GoogLeNet.Create(10);

        model.Heads.Select(head => head.Weight).Should().Equal(1, 0.3, 0.3);
    }

    [Theory]
    [InlineData(5, 2, "2 + 2 + 1 images")]
    [InlineData(5, 5, "one batch")]
    [InlineData(7, 3, "3 + 3 + 1")]
    [InlineData(1, 4, "one image")]
    public void Metrics_are_means_over_images_not_over_batches(int count, int batchSize, string reason)
    {
        using var data = Tiny.Noise(count, size: 2, seed: 3);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var (x, labels) = Tiny.Rows(data);

        var metrics = new MultiHeadTrainer(model, OneStep with { BatchSize = batchSize }).Evaluate(data);

        metrics.Select(head => head.Head).Should().Equal("main", "aux1", "aux2");
        for (var i = 0; i < 3; i++)
        {
            var (loss, accuracy) = LinearModel.Measure(x, labels, model.Weight(i), model.Bias(i));
            metrics[i].Loss.Should().BeApproximately(loss, 1e-5, reason);
            metrics[i].Accuracy.Should().BeApproximately(accuracy, 1e-12, reason);
        }
    }

    [Fact]
    public void Training_metrics_are_taken_before_each_step_and_validation_metrics_after_the_epoch()
    {
        using var data = Tiny.Noise(6, size: 2, seed: 3);
        using var other = Tiny.Noise(5, size: 2, seed: 4);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var (x, labels) = Tiny.Rows(data);
        var before = LinearModel.Measure(x, labels, model.Weight(0), model.Bias(0));

        var record = new MultiHeadTrainer(model, OneStep with { BatchSize = 6 }).Fit(data, other).Epochs.Single();

        var (y, otherLabels) = Tiny.Rows(other);
        var after = LinearModel.Measure(y, otherLabels, model.Weight(0), model.Bias(0));
        record.Train[0].Loss.Should().BeApproximately(before.Loss, 1e-5);
        record.Train[0].Accuracy.Should().Be(before.Accuracy);
        record.Validation[0].Loss.Should().BeApproximately(after.Loss, 1e-5);
        record.Validation[0].Accuracy.Should().Be(after.Accuracy);
        record.LearningRate.Should().Be(0.5);
    }

    [Fact]
    public void Labels_are_smoothed_in_training_only()
    {
        using var data = Tiny.Noise(6, size: 2, seed: 3);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var (x, labels) = Tiny.Rows(data);
        var smooth = LinearModel.Measure(x, labels, model.Weight(1), model.Bias(1), smoothing: 0.2).Loss;
        var trainer = new MultiHeadTrainer(model, OneStep with { BatchSize = 6, LabelSmoothing = 0.2 });

        var record = trainer.Fit(data, data).Epochs.Single();

        record.Train[1].Loss.Should().BeApproximately(smooth, 1e-5);
        var plain = LinearModel.Measure(x, labels, model.Weight(1), model.Bias(1)).Loss;
        record.Validation[1].Loss.Should().BeApproximately(plain, 1e-5);
        trainer.Evaluate(data)[1].Loss.Should().BeApproximately(plain, 1e-5);
    }

    [Fact]
    public void A_separable_problem_is_learnt()
    {
        using var train = Tiny.Separable(240, seed: 1);
        using var validation = Tiny.Separable(90, seed: 2);
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0.1), seed: 1);
        var options = new TrainerOptions { Epochs = 6, BatchSize = 24, Schedule = new Triangular(0.1), Optimizer = new SgdOptions { Nesterov = true } };

        var history = new MultiHeadTrainer(model, options).Fit(train, validation);

        history.Epochs[^1].Validation.Should().OnlyContain(head => head.Accuracy > 0.95);
        history.Epochs[^1].Train[0].Loss.Should().BeLessThan(history.Epochs[0].Train[0].Loss);
    }
}
