using System.Text.Json;
using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

/// <summary>Metrics of one's own: measured like the built-in ones, saved, resumed, watched.</summary>
[Collection(TorchCollection.Name)]
public sealed class MetricTests : InterruptedRun
{
    private static readonly WatchedMetric Recall = new("macroRecall");

    private static readonly JsonSerializerOptions Compact = new(SpecJson.Options) { WriteIndented = false };

    [Fact]
    public void Macro_recall_is_scikit_learns_balanced_accuracy()
    {
        // The example of balanced_accuracy_score's page: y_true = [0, 1, 0, 0, 1, 0], y_pred = [0, 1, 0, 0, 0, 1] gives 0.625. A third class has no images.
        using var scope = NewDisposeScope();
        var (labels, predicted) = (new long[] { 0, 1, 0, 0, 1, 0 }, new long[] { 0, 1, 0, 0, 0, 1 });
        using var metrics = new MetricAccumulator([new("main", 1)], CPU, metrics: [new MacroRecall()], classes: 3);
        foreach (var (from, count) in new[] { (0, 4), (4, 2) })
        {
            var logits = nn.functional.one_hot(tensor(predicted[from..(from + count)]), 3).to(ScalarType.Float32);
            metrics.Add([tensor(1f)], [logits], tensor(labels[from..(from + count)]));
        }

        var head = metrics.Read().Single();

        head.Custom.Should().Equal(new Dictionary<string, double> { ["macroRecall"] = 0.625 });
        head.Accuracy.Should().BeApproximately(4 / 6.0, 1e-12);
        metrics.Reset();
        metrics.Add([tensor(1f)], [tensor(new float[] { 0, 1, 0 }, [1, 3])], tensor([1L]));
        metrics.Read().Single().Custom!["macroRecall"].Should().Be(1);
    }

    [Fact]
    public void Every_head_is_measured_in_training_and_validation_beside_top_k()
    {
        var options = Options with { TopK = 2, Metrics = [new Share(2), new MacroRecall()], Averaging = new ExponentialAverage(0.5) };
        var history = Run(Folder, seed: 1, options: options);

        var record = history.Epochs[^1];
        foreach (var (heads, count) in new[] { (record.Train, 22), (record.Validation, 11), (record.Averaged!, 11) })
        {
            heads.Should().HaveCount(3).And.OnlyContain(head => head.Custom!.Count == 2 && head.TopKAccuracy != null);

            // Labels are 7n mod 3: class 2 has 7 of 22 and 3 of 11.
            heads.Should().OnlyContain(head => head.Custom!["share"] == (count == 22 ? 7 : 3) / (double)count);
            heads.Should().OnlyContain(head => head.Custom!["macroRecall"] >= 0 && head.Custom["macroRecall"] <= 1);
        }

        var lines = history.ToCsv().Split('\n');
        lines[0].Should().Contain("train_main_loss,train_main_accuracy,train_main_top_k_accuracy,train_main_share,train_main_macroRecall,train_aux1_loss")
            .And.EndWith("averaged_aux2_share,averaged_aux2_macroRecall");
        lines[1].Split(',').Should().HaveCount(lines[0].Split(',').Length);
    }

    [Fact]
    public void What_is_measured_does_not_change_the_run()
    {
        using var plain = new TestFolder();
        Run(plain, seed: 1);
        Run(Folder, seed: 1, options: Options with { Metrics = [new MacroRecall()] });

        var (tensors, expected) = (SafeTensorsFile.Read(Folder.Last).Tensors, SafeTensorsFile.Read(plain.Last).Tensors);
        foreach (var key in expected.Keys.Where(key => key != "epoch.metrics"))
        {
            tensors[key].Data.Span.SequenceEqual(expected[key].Data.Span).Should().BeTrue(key);
        }

        SafeTensorsFile.Read(plain.Last).Metadata["history"].Should().NotContain("custom");
        SafeTensorsFile.Read(plain.Last).Metadata["options"].Should().Contain("\"metrics\":null");
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(0, 4)]
    public void Their_sums_are_resumed_within_an_epoch(int cancelAtTrainBatch, int cancelAtValidationBatch)
    {
        var options = Options with { Metrics = [new MacroRecall(), new Share(1)], EarlyStopping = new EarlyStopping(2, Recall), Checkpoints = new() { AlsoBestBy = [Recall] } };
        using var uninterrupted = new TestFolder();
        var expected = Run(uninterrupted, seed: 1, options: options);

        Cancelled(cancelAtTrainBatch, cancelAtValidationBatch, options);
        var resumed = Run(Folder, seed: 99, resumeFrom: Folder.Last, options: options);

        resumed.Epochs.SelectMany(epoch => epoch.Train.Concat(epoch.Validation)).Should().Equal(expected.Epochs.SelectMany(epoch => epoch.Train.Concat(epoch.Validation)));
        File.Exists(Path.Combine(Folder.Path, "best-macroRecall.safetensors")).Should().BeTrue();
        FluentActions.Invoking(() => Run(Folder, seed: 1, resumeFrom: Folder.Last, options: options with { Metrics = [new MacroRecall(), new Share(2)] }))
            .Should().Throw<ModelFileException>().WithMessage("*other options: metrics*");
    }

    [Fact]
    public void A_value_that_is_no_number_is_kept_and_counts_as_the_worst()
    {
        var options = Options with { Metrics = [new Broken()], Checkpoints = new() { BestBy = new("broken") } };
        var history = Run(Folder, seed: 1, options: options);

        history.Epochs[0].Validation[0].Custom!["broken"].Should().Be(double.NaN);
        history.Epochs[0].Score(new("broken")).Should().Be(double.MinValue);
        Run(Folder, seed: 1, resumeFrom: Folder.Last, options: options).Epochs[0].Validation[0].Custom!["broken"].Should().Be(double.NaN);
    }

    [Fact]
    public void Sums_of_another_length_are_refused_by_name()
    {
        using var model = Model(1);
        new MultiHeadTrainer(model, Options with { Metrics = [new Lying()] }).Invoking(t => t.Fit(Train)).Should().Throw<InvalidOperationException>()
            .WithMessage("The metric 'lying' gave sums of (2); they must be (3), as its SumCount says.");
    }

    [Fact]
    public void Any_metric_of_any_head_is_a_score()
    {
        var record = new EpochRecord(1, 0.1, 1, 1, [new("main", 1, 0)],
            [new("main", 2, 0.25, 0.5, new Dictionary<string, double> { ["f1"] = 0.75 }), new("aux1", 3, 0.125, 0.375, new Dictionary<string, double> { ["f1"] = 0.625 })]);

        record.Score(WatchedMetric.Accuracy).Should().Be(0.25);
        record.Score(WatchedMetric.Loss).Should().Be(-2);
        record.Score(WatchedMetric.TopKAccuracy with { Head = "aux1" }).Should().Be(0.375);
        record.Score(WatchedMetric.Loss with { Head = "aux1" }).Should().Be(-3);
        record.Score(new("f1")).Should().Be(0.75);
        record.Score(new("f1", "aux1", lowerIsBetter: true)).Should().Be(-0.625);
        record.Invoking(r => r.Score(new("f2"))).Should().Throw<ArgumentException>().WithMessage("The metric 'f2' was not measured.");
        record.Invoking(r => r.Score(new("f1", "aux9"))).Should().Throw<ArgumentException>().WithMessage("The metric 'aux9-f1' was not measured.");
    }

    public static TheoryData<WatchedMetric, string> Written => new()
    {
        { WatchedMetric.Accuracy, "\"accuracy\"" }, { WatchedMetric.Loss, "\"loss\"" }, { new("f1"), "\"f1\"" },
        { WatchedMetric.Loss with { Head = "aux1" }, "{\"name\":\"loss\",\"head\":\"aux1\",\"lowerIsBetter\":true}" },
        { new("ece", lowerIsBetter: true), "{\"name\":\"ece\",\"head\":null,\"lowerIsBetter\":true}" },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void It_survives_json_and_reads_what_earlier_versions_wrote(WatchedMetric metric, string json)
    {
        JsonSerializer.Serialize(metric, Compact).Should().Be(json);
        JsonSerializer.Deserialize<WatchedMetric>(json, SpecJson.Options).Should().Be(metric);
        JsonSerializer.Deserialize<EarlyStopping>("""{ "patience": 3, "metric": "loss", "minimumChange": 0, "restoreBest": true }""", SpecJson.Options)
            .Should().Be(new EarlyStopping(3, WatchedMetric.Loss));
    }

    [Fact]
    public void A_run_goes_on_as_long_as_one_of_the_watched_metrics_improves()
    {
        // Accuracy is best in epoch 1, the loss falls until epoch 3.
        IReadOnlyList<EpochRecord> history = [.. new[] { (0.5, 3.0), (0.4, 2.0), (0.3, 1.0), (0.2, 1.5), (0.1, 1.5) }
            .Select((row, i) => new EpochRecord(i + 1, 0.1, 1, 1, [new("main", 1, 0)], [new("main", row.Item2, row.Item1)]))];
        var rule = new EarlyStopping(2, alsoWatch: [WatchedMetric.Loss]);

        Enumerable.Range(1, 5).Select(epochs => rule.Decide([.. history.Take(epochs)]).Stop).Should().Equal(false, false, false, false, true);
        rule.Decide(history).BestEpoch.Should().Be(1, "the first metric decides");
        new EarlyStopping(2).Decide([.. history.Take(3)]).Stop.Should().BeTrue();
        rule.Should().Be(new EarlyStopping(2, alsoWatch: [WatchedMetric.Loss])).And.NotBe(new EarlyStopping(2));
    }

    [Fact]
    public void The_best_epoch_of_each_further_metric_has_a_file()
    {
        var policy = new CheckpointPolicy { AlsoBestBy = [WatchedMetric.Loss, WatchedMetric.Loss with { Head = "a b/c" }] };
        EpochRecord Epoch(double accuracy, double loss, double other) => new(1, 0.1, 1, 1, [new("main", 1, 0)], [new("main", loss, accuracy), new("a b/c", other, 0)]);
        string[] Names(params EpochRecord[] history) => [.. policy.Decide(history).Select(action => action.Name)];

        Names(Epoch(0.1, 1, 1)).Should().Equal("best.safetensors", "best-loss.safetensors", "best-a_b_c-loss.safetensors", "last.safetensors");
        Names(Epoch(0.1, 1, 1), Epoch(0.1, 0.5, 2)).Should().Equal("best-loss.safetensors", "last.safetensors");
        Names(Epoch(0.1, 1, 1), Epoch(0.2, 1, 0.5)).Should().Equal("best.safetensors", "best-a_b_c-loss.safetensors", "last.safetensors");
        policy.Decide([Epoch(0.1, 1, 1)]).OfType<WriteCheckpoint>().Where(write => write.IsBest).Should().ContainSingle();
    }

    public static TheoryData<TrainerOptions, string> Refused => new()
    {
        { Options with { EarlyStopping = new(1, new("f1")) }, "EarlyStopping watches the metric 'f1'; this run measures loss, accuracy." },
        { Options with { EarlyStopping = new(1, alsoWatch: [new("f1")]), TopK = 2, Metrics = [new MacroRecall()] }, "EarlyStopping watches the metric 'f1'; this run measures loss, accuracy, topKAccuracy, macroRecall." },
        { Options with { Checkpoints = new() { BestBy = WatchedMetric.TopKAccuracy } }, "Checkpoints watches the metric 'topKAccuracy'; this run measures loss, accuracy." },
        { Options with { Checkpoints = new() { AlsoBestBy = [WatchedMetric.Loss with { Head = "aux9" }] } }, "Checkpoints names the head 'aux9'; the model's heads are main, aux1, aux2." },
        { Options with { Schedule = new ReduceOnPlateau(0.1, metric: new("f1")) }, "Schedule watches the metric 'f1'; this run measures loss, accuracy." },
        { Options with { Metrics = [new MacroRecall(), new MacroRecall()] }, "Metrics has one named 'macroRecall'; names are of letters, digits, '-' and '_', unique, and not loss, accuracy or topKAccuracy." },
        { Options with { Metrics = [new Named("a,b")] }, "Metrics has one named 'a,b'*" },
        { Options with { Metrics = [new Named("loss")] }, "Metrics has one named 'loss'*" },
        { Options with { Metrics = [new Named("")] }, "Metrics has one named ''*" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Unknown_metrics_and_heads_are_refused_before_the_run(TrainerOptions options, string message)
    {
        using var model = Model(1);

        FluentActions.Invoking(() => new MultiHeadTrainer(model, options)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void Equal_numbers_are_equal_metrics()
    {
        HeadMetrics Of(double f1) => new("main", 1, 0.5, null, new Dictionary<string, double> { ["f1"] = f1 });

        Of(0.5).Should().Be(Of(0.5)).And.NotBe(Of(0.25)).And.NotBe(new HeadMetrics("main", 1, 0.5));
        Of(0.5).GetHashCode().Should().Be(Of(0.5).GetHashCode());
    }

    // The share of the images that are of one class.
    private sealed record Share(int Class) : IHeadMetric
    {
        [System.Text.Json.Serialization.JsonIgnore]
        public string Name => "share";

        public int SumCount(int classes) => classes;

        public Tensor Sums(Tensor logits, Tensor labels) => labels.view(-1, 1).eq(arange(logits.shape[1])).sum([0]);

        public double Value(IReadOnlyList<double> sums) => sums[Class] / sums.Sum();
    }

    private sealed record Named(string Name) : IHeadMetric
    {
        public int SumCount(int classes) => 1;

        public Tensor Sums(Tensor logits, Tensor labels) => ones(1);

        public double Value(IReadOnlyList<double> sums) => sums[0];
    }

    private sealed record Broken : IHeadMetric
    {
        public string Name => "broken";

        public int SumCount(int classes) => 1;

        public Tensor Sums(Tensor logits, Tensor labels) => zeros(1);

        public double Value(IReadOnlyList<double> sums) => sums[0] / sums[0];
    }

    private sealed record Lying : IHeadMetric
    {
        public string Name => "lying";

        public int SumCount(int classes) => classes;

        public Tensor Sums(Tensor logits, Tensor labels) => zeros(2);

        public double Value(IReadOnlyList<double> sums) => 0;
    }
}
