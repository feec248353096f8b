using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.MixedPrecision;

/// <summary>Whole runs in bfloat16.</summary>
[Collection(TorchCollection.Name)]
public sealed class BFloat16RunTests : IDisposable
{
    private static readonly TrainerOptions Options =
        new() { Epochs = 2, BatchSize = 8, Precision = Precision.BFloat16, Schedule = new Triangular(0.05) };

    private readonly TestFolder folder = new();
    private readonly TensorDataset train = Tiny.Separable(24, seed: 1);
    private readonly TensorDataset validation = Tiny.Separable(12, seed: 2);

    [Fact]
    public void Through_the_run_weights_are_bfloat16_and_normalisations_float32_and_after_it_all_is_float32()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var types = new HashSet<(string, ScalarType)>();
        var watcher = new Recorder(_ => types.UnionWith(model.named_parameters().Select(named => (KindOf(named.name), named.parameter.dtype))
            .Concat(model.named_buffers().Select(named => (KindOf(named.name), named.buffer.dtype)))));

        new MultiHeadTrainer(model, Options with { Callbacks = [watcher] }).Fit(train, validation);

        types.Should().BeEquivalentTo(new[]
        {
            ("weight", ScalarType.BFloat16), ("norm", ScalarType.Float32), ("counter", ScalarType.Int64),
        });
        model.parameters().ToList().TrueForAll(parameter => parameter.dtype == ScalarType.Float32 && parameter.grad is null).Should().BeTrue();
        IsRounded(model).Should().BeFalse("the weights are the float32 ones");
    }

    [Fact]
    public void A_network_of_ones_own_learns_as_it_does_in_float32()
    {
        double Accuracy(Precision precision)
        {
            using var model = new ConvolutionalModel();
            var options = Options with { Epochs = 12, Schedule = new Triangular(0.2), Precision = precision };
            return new MultiHeadTrainer(model, options).Fit(train, validation).Epochs[^1].Validation[0].Accuracy;
        }

        Accuracy(Precision.Float32).Should().BeGreaterThan(0.9);
        Accuracy(Precision.BFloat16).Should().BeGreaterThan(0.9);
    }

    [Fact]
    public void A_run_leaves_no_tensor_behind()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var trainer = new MultiHeadTrainer(model, Options with { Averaging = new ExponentialAverage(0.5), EarlyStopping = new EarlyStopping(1) });
        trainer.Fit(train, validation);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        trainer.Fit(train, validation);

        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void After_an_exception_the_model_is_float32_again_and_holds_what_the_checkpoint_holds()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var source = new CancellationTokenSource();
        var watched = new WatchedDataset(train, batch => Cancel(source, batch));
        var trainer = new MultiHeadTrainer(model, Options with { CheckpointFolder = folder.Path });

        trainer.Invoking(t => t.Fit(watched, validation, cancellationToken: source.Token)).Should().Throw<OperationCanceledException>();

        model.parameters().Should().OnlyContain(parameter => parameter.dtype == ScalarType.Float32);
        SafeTensorsFile.Read(folder.Last).Tensors.Values.Should().NotContain(tensor => tensor.Type == SafeTensorsType.BF16);
        using var loaded = GoogLeNet.Create(3, Tiny.Spec(), seed: 9);
        loaded.LoadWeights(folder.Last);
        Reference(loaded).Should().Equal(Reference(model));
    }

    [Fact]
    public void The_model_that_a_run_leaves_measures_in_float32()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var trainer = new MultiHeadTrainer(model, Options);
        trainer.Fit(train);

        trainer.Evaluate(validation).Should().Equal(new MultiHeadTrainer(model, Options with { Precision = Precision.Float32 }).Evaluate(validation));
    }

    [Fact]
    public void The_best_weights_come_back_in_float32()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var options = Options with { Epochs = 4, CheckpointFolder = folder.Path, EarlyStopping = new EarlyStopping(3) };

        new MultiHeadTrainer(model, options).Fit(train, validation);

        using var best = GoogLeNet.Create(3, Tiny.Spec(), seed: 9);
        best.LoadWeights(folder.Best);
        Reference(model).Should().Equal(Reference(best));
    }

    [Fact]
    public void The_search_for_a_learning_rate_leaves_the_weights_bit_for_bit()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var before = Reference(model);

        new MultiHeadTrainer(model, Options).FindLearningRate(train, steps: 5).Points.Should().HaveCountGreaterThan(2);

        Reference(model).Should().Equal(before);
    }

    public void Dispose()
    {
        folder.Dispose();
        train.Dispose();
        validation.Dispose();
    }

    private static string KindOf(string key) =>
        key.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? "counter" : key.Contains(".bn.", StringComparison.Ordinal) ? "norm" : "weight";

    private static void Cancel(CancellationTokenSource source, int batch)
    {
        if (batch == 2)
        {
            source.Cancel();
        }
    }

    private static float[] Reference(nn.Module model) => [.. model.parameters().SelectMany(parameter => parameter.Floats())];

    // Whether every weight of a convolution or linear layer is a bfloat16 number.
    private static bool IsRounded(nn.Module model)
    {
        using var scope = NewDisposeScope();
        return model.parameters().Where(weight => weight.ndim > 1)
            .All(weight => weight.to(ScalarType.BFloat16).to(ScalarType.Float32).Floats().SequenceEqual(weight.Floats()));
    }
}
