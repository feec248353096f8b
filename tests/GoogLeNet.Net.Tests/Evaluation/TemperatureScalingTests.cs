using System.Globalization;
using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

/// <summary>Temperatures against closed forms, and where they are used and kept.</summary>
[Collection(TorchCollection.Name)]
public sealed class TemperatureScalingTests : IDisposable
{
    private readonly TestFolder folder = new();

    private string File => Path.Combine(folder.Path, "model.safetensors");

    public void Dispose() => folder.Dispose();

    // Of 100 images with logits (a, 0), as many as say so are of class 0: softmax is right at T = a / ln(right / wrong).
    [Theory]
    [InlineData(3, 75)]
    [InlineData(0.2, 75)]
    [InlineData(40, 90)]
    [InlineData(5, 51)]
    [InlineData(1000, 99)]
    public void Two_classes_have_the_temperature_at_which_confidence_is_accuracy(double logit, int right)
    {
        double[][] logits = [.. Enumerable.Repeat((double[])[logit, 0], 100)];
        long[] labels = [.. Enumerable.Range(0, 100).Select(i => i < right ? 0L : 1)];

        TemperatureScaling.Fit(logits, labels).Should().BeApproximately(logit / Math.Log(right / (100.0 - right)), 1e-9 * logit);
    }

    // A class k that comes c(k) times in Σ c is what the logits ln c(k) say.
    [Theory]
    [InlineData(0.25)]
    [InlineData(1)]
    [InlineData(6)]
    public void Logits_that_are_k_times_too_large_have_the_temperature_k(double k)
    {
        int[][] counts = [[1, 2, 3], [5, 1, 1], [2, 9, 2], [1, 30, 4]];
        double[][] logits = [.. counts.SelectMany(row => Enumerable.Repeat(row.Select(c => k * Math.Log(c)).ToArray(), row.Sum()))];
        long[] labels = [.. counts.SelectMany(row => row.SelectMany((c, label) => Enumerable.Repeat((long)label, c)))];

        TemperatureScaling.Fit(logits, labels).Should().BeApproximately(k, 1e-9 * k);
    }

    [Fact]
    public void Labels_that_are_drawn_from_softmax_have_about_1_and_no_other_temperature_loses_less()
    {
        var (logits, labels) = Drawn(20_000);

        var temperature = TemperatureScaling.Fit(logits, labels);

        temperature.Should().BeApproximately(1, 0.03, "the standard error is below 1 %");
        new[] { 0.5, 0.99 * temperature, 1, 1.01 * temperature, 2 }.Should().OnlyContain(other => Loss(logits, labels, temperature) <= Loss(logits, labels, other));
    }

    [Fact]
    public void Predictions_use_it_the_loss_falls_and_the_accuracy_stays()
    {
        var (model, data) = Table(k: 5);
        using (model)
        using (data)
        {
            var before = new Evaluator(model).Evaluate(data);

            var temperature = model.Calibrate(data);

            var after = new Evaluator(model).Evaluate(data);
            model.Temperature.Should().Be(temperature);
            temperature.Should().BeInRange(4, 6);
            after.Accuracy.Should().Be(before.Accuracy);
            after.Loss.Should().BeLessThan(before.Loss);
            after.Calibration.ExpectedError.Should().BeLessThan(before.Calibration.ExpectedError / 2);
            model.Calibrate(data).Should().BeApproximately(temperature, 1e-9, "a temperature that is set does not matter");
            using var images = data.Images.narrow(0, 0, 3);
            using var probabilities = new Predictor(model).Predict(images);
            using var expected = model.Logits(images.to(ScalarType.Float32) / 255).to(ScalarType.Float64).div(temperature).softmax(1);
            probabilities.allclose(expected).Should().BeTrue();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.95)]
    [InlineData(0.5)]
    public void At_least_the_share_that_is_asked_for_keeps_its_answer(double keep)
    {
        var (model, data) = Table(k: 2);
        using (model)
        using (data)
        {
            model.Calibrate(data, keep);

            using var predictor = new Predictor(model);
            var answers = predictor.ClassifyMany(data.Images);
            var known = answers.Count(answer => answer.Count > 0);
            ((double)known / data.Count).Should().BeInRange(keep, keep + 0.02);
            predictor.MinimumConfidence = 0;
            var all = predictor.ClassifyMany(data.Images);
            all.Should().OnlyContain(answer => answer.Count == 1);
            all.Zip(answers).Should().OnlyContain(pair => (pair.Second.Count > 0) == (pair.First[0].Probability >= model.MinimumConfidence));
            model.Calibrate(data);
            model.MinimumConfidence.Should().Be(0);
        }
    }

    [Fact]
    public void Files_keep_it_every_copy_has_it_and_training_sets_it_back()
    {
        using var culture = new CommaCulture();
        using var data = Tiny.Noise(12);
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        model.SaveWeights(File);
        SafeTensorsFile.Read(File).Metadata.Keys.Should().NotContain(["temperature", "minimumConfidence"]);
        (model.Temperature, model.MinimumConfidence) = (1.0 / 3, 0.4);
        model.SaveWeights(File);

        using var loaded = GoogLeNet.Load(File);
        using var compiled = loaded.Compile();
        using var plain = CompiledNetwork.Load(File);
        using var folded = loaded.FoldBatchNorm();
        using var predictor = Predictor.Load(File);
        using var other = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);
        using var classes = loaded.WithClasses(3);
        other.LoadWeights(File);

        SafeTensorsFile.Read(File).Metadata["temperature"].Should().Be("0.3333333333333333");
        new[] { loaded.Temperature, compiled.Temperature, plain.Temperature, folded.Temperature, other.Temperature, predictor.Models[0].Temperature }.Should().OnlyContain(value => value == 1.0 / 3);
        new[] { loaded.MinimumConfidence, compiled.MinimumConfidence, folded.MinimumConfidence, other.MinimumConfidence, predictor.MinimumConfidence }.Should().OnlyContain(value => value == 0.4);
        (classes.Temperature, classes.MinimumConfidence).Should().Be((1, 0), "it was not fitted to these classifiers");
        using (var fresh = GoogLeNet.Create(3, Tiny.Spec(), seed: 3))
        {
            fresh.SaveWeights(File);
        }

        other.LoadWeights(File);
        (other.Temperature, other.MinimumConfidence).Should().Be((1, 0), "the file's weights come with none");
        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 12 }).Fit(data);
        (model.Temperature, model.MinimumConfidence).Should().Be((1, 0));
    }

    [Fact]
    public void Each_network_of_an_ensemble_has_its_own_and_no_threshold_is_taken_over()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Path.Combine(folder.Path, "a.safetensors"), Path.Combine(folder.Path, "b.safetensors"));
        foreach (var (path, seed, temperature) in new[] { (a, 1, 0.5), (b, 2, 4.0) })
        {
            using var model = GoogLeNet.Create(3, Tiny.Spec(), seed);
            (model.Temperature, model.MinimumConfidence) = (temperature, 1);
            model.SaveWeights(path);
        }

        var images = Tiny.Noise(4).Images;
        using var ensemble = Predictor.Load([a, b]);
        using var first = GoogLeNet.Load(a);
        using var second = GoogLeNet.Load(b);

        Tensor Probabilities(GoogLeNet network, double temperature) => network.Logits(images.to(ScalarType.Float32) / 255).to(ScalarType.Float64).div(temperature).softmax(1);
        ensemble.Predict(images).allclose((Probabilities(first, 0.5) + Probabilities(second, 4)) / 2, rtol: 1e-4, atol: 1e-5).Should().BeTrue();
        ensemble.MinimumConfidence.Should().Be(0);
        ensemble.ClassifyMany(images).Should().OnlyContain(answer => answer.Count == 1);
        using var alone = Predictor.Load(a);
        alone.ClassifyMany(images).Should().OnlyContain(answer => answer.Count == 0, "no probability is 1");
    }

    [Theory]
    [InlineData("temperature", "0")]
    [InlineData("temperature", "-1")]
    [InlineData("temperature", "1,5")]
    [InlineData("temperature", "NaN")]
    [InlineData("temperature", "hot")]
    [InlineData("minimumConfidence", "1.5")]
    public void A_file_with_another_is_refused(string key, string text)
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        var metadata = model.Metadata(WeightsFormat.Weights);
        metadata[key] = text;
        SafeTensorsFile.Write(File, metadata, model.Tensors().Values);

        FluentActions.Invoking(() => GoogLeNet.Load(File)).Should().Throw<ModelFileException>().WithMessage($"*has a {key} that cannot be used: '{text}'*");
    }

    [Fact]
    public void What_cannot_be_fitted_is_refused_and_changes_nothing()
    {
        var (model, data) = Table(k: 2);
        using (model)
        using (data)
        {
            (model.Temperature, model.MinimumConfidence) = (2, 0.25);
            using var others = new TensorDataset(data.Images.clone(), data.Labels.clone(), ["x", "y", "z"]);
            using var perfect = new TableModel([[2, 0], [0, 2]]);
            using var blind = new TableModel([[1, 0], [1, 0]]);
            using var two = Numbered([0, 1]);
            using var broken = new TableModel([[1, double.NaN], [0, 1]]);

            model.ClassNames = ["a", "b", "c"];
            model.Invoking(m => m.Calibrate(others)).Should().Throw<ArgumentException>().WithMessage("*must be the same*");
            model.Invoking(m => m.Calibrate(data, keep: 0)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("keep is 0; it must be more than 0 and up to 1.*");
            model.Invoking(m => m.Calibrate(data, keep: double.NaN)).Should().Throw<ArgumentOutOfRangeException>();
            model.Invoking(m => m.Calibrate(data, cancellationToken: new CancellationToken(canceled: true))).Should().Throw<OperationCanceledException>();
            perfect.Invoking(m => m.Calibrate(two)).Should().Throw<ArgumentException>().WithMessage("A temperature cannot be fitted: all 2 images are classified correctly.*");
            blind.Invoking(m => m.Calibrate(two)).Should().Throw<ArgumentException>().WithMessage("A temperature cannot be fitted: the network's logits say nothing about the labels*");
            broken.Invoking(m => m.Calibrate(two)).Should().Throw<InvalidOperationException>().WithMessage("A logit is not a finite number*");
            (model.Temperature, model.MinimumConfidence, perfect.Temperature).Should().Be((2, 0.25, 1));
            model.Invoking(m => m.Temperature = 0).Should().Throw<ArgumentOutOfRangeException>();
            model.Invoking(m => m.MinimumConfidence = 1.1).Should().Throw<ArgumentOutOfRangeException>();
            new Predictor(model).Invoking(p => p.MinimumConfidence = -1).Should().Throw<ArgumentOutOfRangeException>();
        }
    }

    private static double Loss(double[][] logits, long[] labels, double temperature) =>
        logits.Select((row, i) => Math.Log(row.Sum(z => Math.Exp((z - row[labels[i]]) / temperature)))).Average();

    // Logits of three classes, and labels drawn from their softmax.
    private static (double[][] Logits, long[] Labels) Drawn(int count)
    {
        double Uniform(int image, int number) => new CounterRandom(7, nameof(TemperatureScalingTests), image).Uniform(number);
        double[][] logits = [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, 3).Select(k => 4 * Uniform(i, k)).ToArray())];
        return (logits, [.. logits.Select((row, i) =>
        {
            var rest = Uniform(i, 3) * row.Sum(Math.Exp);
            return row.TakeWhile(z => (rest -= Math.Exp(z)) > 0).LongCount();
        })]);
    }

    // A network that is k times too sure of itself, and images that it looks up.
    private static (TableModel Model, TensorDataset Data) Table(double k)
    {
        var (logits, labels) = Drawn(200);
        return (new TableModel([.. logits.Select(row => row.Select(z => k * z).ToArray())]), Numbered(labels, 3));
    }

    // Image i is the pixel i.
    private static TensorDataset Numbered(long[] labels, int classes = 2) => new(
        tensor([.. Enumerable.Range(0, labels.Length).Select(i => (byte)i)], [labels.Length, 1, 1, 1]).expand(labels.Length, 3, 1, 1).contiguous(), tensor(labels), new[] { "a", "b", "c" }[..classes]);

    // Numbers have a comma in it.
    private sealed class CommaCulture : IDisposable
    {
        private readonly CultureInfo before = CultureInfo.CurrentCulture;

        public CommaCulture()
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = culture;
        }

        public void Dispose() => CultureInfo.CurrentCulture = before;
    }
}
