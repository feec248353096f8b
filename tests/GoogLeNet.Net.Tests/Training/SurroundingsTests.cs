using FluentAssertions;
using Inception.Evaluation;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

/// <summary>What a program has set for itself does not change how a network is trained.</summary>
[Collection(TorchCollection.Name)]
public sealed class SurroundingsTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("cifar-fast", "it has a whitening")]
    [InlineData("tiny", "it has auxiliary heads and batch normalization")]
    public void Another_default_type_of_tensors(string spec, string reason)
    {
        var expected = Trained(spec);
        set_default_dtype(ScalarType.Float64);
        try
        {
            Trained(spec).Should().Equal(expected, reason);
        }
        finally
        {
            set_default_dtype(ScalarType.Float32);
        }
    }

    [Fact]
    public void Gradients_that_are_switched_off()
    {
        var expected = Trained("tiny");
        using (no_grad())
        {
            Trained("tiny").Should().Equal(expected);
            is_grad_enabled().Should().BeFalse("that is the caller's");
        }
    }

    [Fact]
    public void Inference_mode_is_refused_before_anything_happens()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var data = Tiny.Noise(4, size: 8);
        using var inference = inference_mode();
        var trainer = new MultiHeadTrainer(model, new() { Epochs = 1, CheckpointFolder = Path.Combine(folder.Path, "run") });

        trainer.Invoking(t => t.Fit(data)).Should().Throw<InvalidOperationException>().WithMessage("Inference mode is on, in which nothing can be trained.*");
        trainer.Invoking(t => t.FindLearningRate(data)).Should().Throw<InvalidOperationException>();
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void A_working_directory_that_changes_during_a_run()
    {
        var before = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(folder.Path);
        try
        {
            using var model = GoogLeNet.Create(3, Tiny.Spec());
            using var data = Tiny.Noise(4, size: 8);
            Directory.CreateDirectory("elsewhere");
            new MultiHeadTrainer(model, new() { Epochs = 2, CheckpointFolder = "run", Callbacks = [new CsvLog("log/history.csv"), new Leaving("elsewhere")] }).Fit(data);
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }

        Directory.GetFiles(Path.Combine(folder.Path, "run")).Select(Path.GetFileName).Should().BeEquivalentTo("last.safetensors", "best.safetensors");
        File.ReadAllLines(Path.Combine(folder.Path, "log", "history.csv")).Should().HaveCount(3);
        Directory.GetFileSystemEntries(Path.Combine(folder.Path, "elsewhere")).Should().BeEmpty();
    }

    // The weights after a short run, and what the saved network says.
    private double[] Trained(string spec)
    {
        var file = Path.Combine(folder.Path, "model.safetensors");
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, spec == "tiny" ? Tiny.Spec() : GoogLeNetSpec.FromName(spec).WithWidth(0.125));
        using var data = Tiny.Noise(8, size: model.InputSize);
        var options = new TrainerOptions
        {
            Epochs = 2,
            BatchSize = 4,
            Averaging = new ExponentialAverage(0.9),
            Metrics = [new MacroRecall()],
            TopK = 2,
            LabelSmoothing = 0.1,
        };
        var history = new MultiHeadTrainer(model, options).Fit(data, data);
        model.SaveWeights(file);
        using var predictor = Predictor.Load(file);
        return
        [
            .. Weights.States.Values(model).OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value),
            .. history.Epochs.SelectMany(epoch => epoch.Validation.Select(head => head.Loss)),
            .. predictor.Classify(data.Images[0], top: 3).Select(guess => guess.Probability),
        ];
    }

    private sealed class Leaving(string path) : ITrainingCallback
    {
        private readonly string path = Path.GetFullPath(path);

        public TrainingRequests Observe(TrainingEvent value)
        {
            Directory.SetCurrentDirectory(path);
            return TrainingRequests.None;
        }
    }
}
