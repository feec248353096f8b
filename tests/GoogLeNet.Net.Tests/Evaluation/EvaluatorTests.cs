using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Torch;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

[Collection(TorchCollection.Name)]
public sealed class EvaluatorTests
{
    private static readonly ExpectedMetrics Expected = ExpectedMetrics.Read();

    [Theory]
    [InlineData(1, "one image a batch")]
    [InlineData(7, "a last batch that is smaller")]
    [InlineData(60, "all at once")]
    [InlineData(1000, "more than there are")]
    public void Every_figure_is_scikit_learns(int batchSize, string reason)
    {
        using var scope = NewDisposeScope();
        using var data = Expected.Dataset();
        using var model = Expected.Model();

        var result = new Evaluator(model, new EvaluationOptions { BatchSize = batchSize, TopK = 2 }).Evaluate(data);

        result.Images.Should().Be(60, reason);
        result.Accuracy.Should().BeApproximately(Expected.Accuracy, 1e-12, reason);
        (result.TopK, result.TopKAccuracy).Should().Be((2, Expected.TopK["2"]), reason);
        result.Loss.Should().BeApproximately(Expected.LogLoss, 1e-6, reason);
        result.Confusion.Counts.Select(row => row.ToArray()).Should().BeEquivalentTo(Expected.Confusion, options => options.WithStrictOrdering(), reason);
        result.Confusion[3, 0].Should().Be(7, "rows are true classes");
        for (var k = 0; k < 5; k++)
        {
            var found = result.Confusion.Classes[k];
            (found.Name, found.Support).Should().Be((Expected.Classes[k], Expected.Support[k]), reason);
            found.Precision.Should().BeApproximately(Expected.Precision[k], 1e-12, reason);
            found.Recall.Should().BeApproximately(Expected.Recall[k], 1e-12, reason);
            found.F1.Should().BeApproximately(Expected.F1[k], 1e-12, reason);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Top_k_accuracy_is_scikit_learns(int k)
    {
        using var data = Expected.Dataset();
        using var model = Expected.Model();

        new Evaluator(model, new EvaluationOptions { TopK = k }).Evaluate(data).TopKAccuracy.Should().Be(Expected.TopK[$"{k}"]);
    }

    [Fact]
    public void With_fewer_classes_than_k_every_class_is_among_the_first()
    {
        using var data = Expected.Dataset();
        using var model = Expected.Model();

        var result = new Evaluator(model, new EvaluationOptions { TopK = 9 }).Evaluate(data);

        (result.TopK, result.TopKAccuracy).Should().Be((5, 1));
    }

    [Fact]
    public void Mistakes_are_the_wrong_images_by_falling_confidence()
    {
        using var data = Expected.Dataset();
        using var model = Expected.Model();
        var wrong = Enumerable.Range(0, 60).Select(i => (Index: i, Confidence: Expected.Probabilities[i].Max()))
            .Select(image => (image.Index, Expected.Labels[image.Index], Array.IndexOf(Expected.Probabilities[image.Index], image.Confidence), image.Confidence))
            .Where(image => image.Item2 != image.Item3).OrderBy(image => -image.Confidence).ToList();

        var mistakes = new Evaluator(model, new EvaluationOptions { Mistakes = 4, BatchSize = 8 }).Evaluate(data).Mistakes;

        mistakes.Select(mistake => ((int)mistake.Index, mistake.Actual, mistake.Predicted)).Should().Equal(
            wrong.Take(4).Select(image => (image.Index, image.Item2, image.Item3)));
        mistakes.Select(mistake => mistake.Confidence).Zip(wrong, (found, image) => Math.Abs(found - image.Confidence)).Max().Should().BeLessThan(1e-6);
        new Evaluator(model, new EvaluationOptions { Mistakes = 1000 }).Evaluate(data).Mistakes.Should().HaveCount(wrong.Count);
        new Evaluator(model, new EvaluationOptions { Mistakes = 0 }).Evaluate(data).Mistakes.Should().BeEmpty();
    }

    [Fact]
    public void Of_equally_probable_classes_the_first_is_predicted_and_top_k_agrees()
    {
        using var model = new TableModel([[1, 1, 1]]);
        using var data = new TensorDataset(zeros(3, 1, 1, 1, dtype: ScalarType.Byte), tensor([0L, 1L, 2L]), ["a", "b", "c"]);

        EvaluationResult Top(int k) => new Evaluator(model, new EvaluationOptions { TopK = k }).Evaluate(data);

        Top(1).Accuracy.Should().BeApproximately(1 / 3.0, 1e-12);
        Top(1).TopKAccuracy.Should().BeApproximately(1 / 3.0, 1e-12, "top-1 is accuracy");
        Top(2).TopKAccuracy.Should().BeApproximately(2 / 3.0, 1e-12);
        Top(1).Loss.Should().BeApproximately(Math.Log(3), 1e-12);
    }

    [Fact]
    public void Of_equally_probable_classes_those_of_lower_number_come_before_the_true_one()
    {
        // Labels that are not balanced, so that an order from behind does not count the same.
        using var model = new TableModel([[1, 1, 1]]);
        using var data = new TensorDataset(zeros(4, 1, 1, 1, dtype: ScalarType.Byte), tensor([0L, 0L, 0L, 1L]), ["a", "b", "c"]);

        EvaluationResult Top(int k) => new Evaluator(model, new EvaluationOptions { TopK = k }).Evaluate(data);

        Top(1).TopKAccuracy.Should().Be(0.75, "nothing comes before class 0");
        Top(2).TopKAccuracy.Should().Be(1, "and class 0 alone before class 1");
    }

    [Fact]
    public void A_certain_mistake_has_the_loss_that_its_logits_say()
    {
        using var model = new TableModel([[0, 800]]);
        using var data = new TensorDataset(zeros(1, 1, 1, 1, dtype: ScalarType.Byte), tensor([0L]), ["a", "b"]);

        new Evaluator(model).Evaluate(data).Loss.Should().BeApproximately(800, 1e-9, "the trainer's cross entropy is 800 nats");
    }

    [Fact]
    public void A_prediction_that_is_not_a_number_is_refused()
    {
        using var model = new TableModel([[0, 1], [0, double.NaN]]);
        using var data = new TensorDataset(tensor(new byte[] { 0, 1, 0 }, [3, 1, 1, 1]), tensor([0L, 1L, 0L]), ["a", "b"]);

        FluentActions.Invoking(() => new Evaluator(model).Evaluate(data)).Should().Throw<InvalidOperationException>()
            .WithMessage("The prediction for image 1 is not a number*");
    }

    [Fact]
    public void Loss_and_accuracy_of_the_image_as_it_is_are_the_trainers_validation()
    {
        using var data = Tiny.Noise(37);
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        IBatchTransform[] transforms = [new Normalize([120, 121, 122], [60, 61, 62])];
        var expected = new MultiHeadTrainer(model, new TrainerOptions { BatchSize = 10, ValidationTransforms = transforms }).Evaluate(data)[0];

        var result = new Evaluator(new Predictor(model, new Preprocessing(transforms)), new EvaluationOptions { BatchSize = 10 }).Evaluate(data);

        result.Accuracy.Should().BeApproximately(expected.Accuracy, 1e-12);
        result.Loss.Should().BeApproximately(expected.Loss, 1e-5 * expected.Loss);
    }

    [Fact]
    public void Progress_counts_images_and_a_cancelled_evaluation_ends()
    {
        using var data = Expected.Dataset();
        using var model = Expected.Model();
        var evaluator = new Evaluator(model, new EvaluationOptions { BatchSize = 25 });
        var seen = new List<ImageProgress>();

        evaluator.Evaluate(data, new Listener(seen.Add));

        seen.Should().Equal(new ImageProgress(25, 60), new ImageProgress(50, 60), new ImageProgress(60, 60));
        using var cancellation = new CancellationTokenSource();
        evaluator.Invoking(e => e.Evaluate(data, new Listener(_ => cancellation.Cancel()), cancellation.Token))
            .Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Speed_is_images_by_seconds()
    {
        using var data = Expected.Dataset();
        using var model = Expected.Model();

        var result = new Evaluator(model).Evaluate(data);

        result.Seconds.Should().BePositive();
        result.ImagesPerSecond.Should().BeApproximately(60 / result.Seconds, 1e-6);
    }

    [Fact]
    public void A_data_set_with_other_classes_is_refused()
    {
        using var data = Tiny.Noise(4);
        using var model = Expected.Model();

        FluentActions.Invoking(() => new Evaluator(model).Evaluate(data)).Should().Throw<ArgumentException>()
            .WithMessage("The data set has 3 classes and the model 5; they must agree.*");
    }

    [Fact]
    public void No_tensor_is_left_behind_even_by_a_cancelled_evaluation()
    {
        using var data = Tiny.Noise(20);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var evaluator = new Evaluator(new Predictor(model, views: Views.Translations()), new EvaluationOptions { BatchSize = 8 });
        using var cancellation = new CancellationTokenSource();
        evaluator.Evaluate(data);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        evaluator.Evaluate(data);
        evaluator.Invoking(e => e.Evaluate(data, new Listener(_ => cancellation.Cancel()), cancellation.Token)).Should().Throw<OperationCanceledException>();

        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void A_result_survives_JSON()
    {
        using var data = Expected.Dataset();
        using var model = Expected.Model();
        var json = System.Text.Json.JsonSerializer.Serialize(new Evaluator(model).Evaluate(data), SpecJson.Options);

        var read = System.Text.Json.JsonSerializer.Deserialize<EvaluationResult>(json, SpecJson.Options);

        System.Text.Json.JsonSerializer.Serialize(read, SpecJson.Options).Should().Be(json);
        read!.Confusion.Classes[0].Support.Should().Be(15);
    }

    public static TheoryData<Func<EvaluationOptions>, string> BadOptions => new()
    {
        { () => new() { BatchSize = 0 }, "BatchSize is 0; it must be at least 1.*" },
        { () => new() { TopK = 0 }, "TopK is 0; it must be at least 1.*" },
        { () => new() { CalibrationBins = 0 }, "CalibrationBins is 0; it must be at least 1.*" },
        { () => new() { Mistakes = -1 }, "Mistakes is -1; it must be at least 0.*" },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Options_out_of_range_are_refused(Func<EvaluationOptions> options, string message) =>
        options.Should().Throw<ArgumentOutOfRangeException>().WithMessage(message);

    [Fact]
    public void The_defaults_are_those_documented() =>
        new EvaluationOptions().Should().Be(new EvaluationOptions { BatchSize = 256, TopK = 5, CalibrationBins = 15, Mistakes = 20 });

    private sealed class Listener(Action<ImageProgress> on) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => on(value);
    }
}
