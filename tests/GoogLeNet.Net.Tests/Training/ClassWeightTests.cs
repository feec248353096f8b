using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Training;

/// <summary>Class weights mean what PyTorch's mean, in whole batches, in parts and mixed.</summary>
[Collection(TorchCollection.Name)]
public sealed class ClassWeightTests
{
    private static readonly double[] Weights = [0.5, 2, 5];

    private static readonly TrainerOptions OneStep = new()
    {
        Epochs = 1,
        BatchSize = 8,
        Schedule = new ConstantRate(0.5),
        Optimizer = new SgdOptions { Momentum = 0 },
        TrainTransforms = [new ScaleToUnit()],
        ValidationTransforms = [new ScaleToUnit()],
        ClassWeights = Weights,
    };

    [Theory]
    [InlineData(0, null)]
    [InlineData(0.1, null)]
    [InlineData(0, 4)]
    [InlineData(0.1, 4)]
    [InlineData(0.1, 1)]
    public void A_step_is_pytorchs_in_whole_batches_and_in_parts(double smoothing, int? part)
    {
        using var scope = NewDisposeScope();
        using var data = Tiny.Noise(8, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var options = OneStep with { LabelSmoothing = smoothing, MicroBatchSize = part, Losses = new Dictionary<string, IHeadLoss> { ["aux2"] = new CrossEntropy(0.2) } };
        var x = data.Images.to(ScalarType.Float32).div(255).flatten(1);
        var weight = tensor([.. Weights.Select(value => (float)value)]);
        var expected = Enumerable.Range(0, 3).Select(head =>
        {
            var (w, b) = (tensor(model.Weight(head), [3, 12], requires_grad: true), tensor(model.Bias(head), requires_grad: true));
            var loss = F.cross_entropy(F.linear(x, w, b), data.Labels, head == 2 ? null : weight, reduction: nn.Reduction.Mean, label_smoothing: head == 2 ? 0.2 : smoothing);
            loss.backward();
            return (Loss: loss.item<float>(), Weight: (w.detach() - (0.5 * Tiny.ThreeHeads[head].Weight * w.grad!)).Floats());
        }).ToList();

        var history = new MultiHeadTrainer(model, options).Fit(data);

        for (var head = 0; head < 3; head++)
        {
            Arrays.RelativeError(model.Weight(head), [.. expected[head].Weight.Select(value => (double)value)]).Should().BeLessThan(1e-6, Tiny.ThreeHeads[head].Name);
            if (part is null)
            {
                history.Epochs[0].Train[head].Loss.Should().BeApproximately(expected[head].Loss, 1e-6, Tiny.ThreeHeads[head].Name);
            }
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(2)]
    public void Mixed_images_weigh_what_their_labels_do_in_the_shares_of_the_mixture(int part)
    {
        using var scope = NewDisposeScope();
        using var data = Tiny.Noise(8, size: 2);
        using var model = new LinearModel(12, 3, [new("main", 1)]);
        var loader = new BatchLoader(data, part, [new ScaleToUnit()], CPU, seed: 3, mixup: new Mixup(0.8));
        var w = tensor(model.Weight(0), [3, 12], requires_grad: true);
        var (sum, weights) = ((Tensor?)null, 0.0);
        for (var step = 0; step < loader.Steps; step++)
        {
            var batch = loader.Load(0, step);
            var (lambda, labels, partners) = (batch.Lambda!.Floats(), batch.Labels.Longs(), batch.MixedLabels!.Longs());
            var logs = F.log_softmax(F.linear(batch.Images.flatten(1), w, tensor(model.Bias(0))), 1);
            for (var i = 0; i < labels.Length; i++)
            {
                var loss = -((lambda[i] * Weights[labels[i]] * logs[i, labels[i]]) + ((1 - lambda[i]) * Weights[partners[i]] * logs[i, partners[i]]));
                sum = sum is null ? loss : sum + loss;
                weights += (lambda[i] * Weights[labels[i]]) + ((1 - lambda[i]) * Weights[partners[i]]);
            }
        }

        (sum! / weights).backward();
        var expected = (w.detach() - (0.5 * w.grad!)).Floats();

        new MultiHeadTrainer(model, OneStep with { Seed = 3, Mixup = new Mixup(0.8), MicroBatchSize = part }).Fit(data);

        Arrays.RelativeError(model.Weight(0), [.. expected.Select(value => (double)value)]).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void A_factor_common_to_all_weights_changes_nothing()
    {
        float[] Trained(IReadOnlyList<double>? weights)
        {
            using var data = Tiny.Noise(8, size: 2);
            using var model = new LinearModel(12, 3, [new("main", 1)]);
            new MultiHeadTrainer(model, OneStep with { ClassWeights = weights, Epochs = 3 }).Fit(data);
            return model.Weight(0);
        }

        Arrays.RelativeError(Trained([7, 7, 7]), [.. Trained(null).Select(value => (double)value)]).Should().BeLessThan(1e-6);
        Trained(Weights).Should().NotEqual(Trained(null));
    }

    [Fact]
    public void Validation_counts_every_image_alike()
    {
        using var data = Tiny.Noise(8, size: 2);
        using var model = new LinearModel(12, 3, [new("main", 1)]);

        var validated = new MultiHeadTrainer(model, OneStep with { LabelSmoothing = 0.1 }).Evaluate(data)[0].Loss;

        var (x, labels) = Tiny.Rows(data);
        validated.Should().BeApproximately(LinearModel.Measure(x, labels, model.Weight(0), model.Bias(0)).Loss, 1e-6);
    }

    [Fact]
    public void Balanced_weights_are_scikit_learns()
    {
        // compute_class_weight("balanced", classes=[0, 1, 2], y=[0]*5 + [1]*3 + [2]*2)
        using var data = new TensorDataset(zeros(10, 1, 2, 2, dtype: ScalarType.Byte), tensor([0L, 0, 0, 0, 0, 1, 1, 1, 2, 2]), ["a", "b", "c"]);
        using var lacking = new TensorDataset(zeros(2, 1, 2, 2, dtype: ScalarType.Byte), tensor([0L, 2]), ["a", "b", "c"]);

        ClassWeights.Balanced(data).Should().Equal(10 / 15.0, 10 / 9.0, 10 / 6.0);
        FluentActions.Invoking(() => ClassWeights.Balanced(lacking)).Should().Throw<ArgumentException>().WithMessage("The class 'b' has no images*");
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused()
    {
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);

        FluentActions.Invoking(() => new MultiHeadTrainer(model, OneStep with { ClassWeights = [1, 2] })).Should().Throw<ArgumentException>()
            .WithMessage("ClassWeights has 2 weights, and the model 3 classes; there must be one for each.");
        FluentActions.Invoking(() => new MultiHeadTrainer(model, OneStep with { ClassWeights = null, Losses = new Dictionary<string, IHeadLoss> { ["aux1"] = new CrossEntropy(0, [1]) } }))
            .Should().Throw<ArgumentException>().WithMessage("ClassWeights has 1 weights*");
        FluentActions.Invoking(() => new TrainerOptions { ClassWeights = [1, 0, 2] }).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("ClassWeights[1] is 0; it must be a finite number more than 0.*");
        FluentActions.Invoking(() => new CrossEntropy(0, [double.NaN])).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Losses_with_equal_weights_are_equal_and_survive_json()
    {
        IHeadLoss Read(string json) => System.Text.Json.JsonSerializer.Deserialize<IHeadLoss>(json, SpecJson.Options)!;
        string Write(IHeadLoss loss) => System.Text.Json.JsonSerializer.Serialize(loss, SpecJson.Options);

        new CrossEntropy(0.1, [1, 2]).Should().Be(new CrossEntropy(0.1, [1, 2])).And.NotBe(new CrossEntropy(0.1, [1, 3])).And.NotBe(new CrossEntropy(0.1));
        Read(Write(new CrossEntropy(0.1, [1, 2]))).Should().Be(new CrossEntropy(0.1, [1, 2]));
        Write(new CrossEntropy(0.1)).Should().NotContain("classWeights", "files of before have none");
        Read(Write(new CrossEntropy(0.1))).Should().Be(new CrossEntropy(0.1));
    }
}
