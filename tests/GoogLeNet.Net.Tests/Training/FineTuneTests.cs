using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Sequential = TorchSharp.Modules.Sequential;

namespace Inception.Tests.Training;

/// <summary>The classifiers learn alone, then everything with three rates; a call that was interrupted goes on where it was.</summary>
[Collection(TorchCollection.Name)]
public sealed class FineTuneTests : InterruptedRun
{
    private static readonly FineTuneOptions TwoEpochs = new() { ClassifierEpochs = 2 };

    public static TheoryData<int> Batches => [1, 5, 6, 10, 11, 14, 25];

    public static TheoryData<OptimizerOptions> Optimizers => [new SgdOptions(), new AdamWOptions(), new MuonOptions()];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void The_classifiers_alone_change_at_first_and_then_everything(OptimizerOptions optimizer)
    {
        using var model = Model(seed: 1);
        var states = new List<Dictionary<string, byte[]>> { Bytes(model) };
        var options = Options with { Optimizer = optimizer, Callbacks = [new Recorder(value => AddState(value, model, states))] };

        new MultiHeadTrainer(model, options).FineTune(Train, Validation, TwoEpochs);

        states.Should().HaveCount(1 + 2 + 3);
        string[] classifiers = ["aux1.fc2.weight", "aux1.fc2.bias", "aux2.fc2.weight", "aux2.fc2.bias", "fc.weight", "fc.bias"];
        Changed(states[0], states[1]).Should().BeEquivalentTo(classifiers, "running statistics stand still, too");
        Changed(states[1], states[2]).Should().BeEquivalentTo(classifiers);
        Changed(states[2], states[3]).Should().BeEquivalentTo(states[0].Keys);
        model.parameters().Should().OnlyContain(parameter => parameter.requires_grad);
        model.train();
        model.modules().Should().OnlyContain(module => module.training, "no normalization stands still any more");
    }

    [Fact]
    public void Each_half_of_the_layers_has_its_rate_and_the_optimizers_groups_count()
    {
        using var scope = NewDisposeScope();
        using var data = Tiny.Noise(6);
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0), seed: 1);
        using var halfway = GoogLeNet.Create(3, Tiny.Spec(dropout: 0), seed: 2);
        const double Rate = 0.5;
        var options = new TrainerOptions
        {
            Epochs = 1,
            BatchSize = 6,
            Schedule = new ConstantRate(Rate),
            Optimizer = new SgdOptions { Momentum = 0, Groups = [new ParameterGroup { Keys = "conv1.*|fc.bias", LearningRateFactor = 3 }] },
            Callbacks = [new Recorder(value => CopyHalfway(value, model, halfway))],
        };

        new MultiHeadTrainer(model, options).FineTune(data, fineTuning: new FineTuneOptions { LearningRateFactor = 0.25, EarlyLayersFactor = 0.04 });

        // 32 layers before the classifiers: conv1, 3a and the convolution of aux1 are the first 16.
        double Factor(string key) => 0.25 * (key is "conv1.conv.weight" or "conv1.bn.weight" or "conv1.bn.bias" or "fc.bias" ? 3 : 1)
            * (key.StartsWith("fc.", StringComparison.Ordinal) || key.Contains(".fc2.") ? 1
                : key.StartsWith("conv1.", StringComparison.Ordinal) || key.StartsWith("inception3a.", StringComparison.Ordinal) || key.StartsWith("aux1.conv.", StringComparison.Ordinal) ? 0.04 : 0.2);

        // Every image in one batch, in whatever order.
        halfway.train();
        var loss = zeros(1);
        foreach (var (head, output) in halfway.Heads.Zip(halfway.AllHeads(data.Images.to(ScalarType.Float32) / 255).Heads))
        {
            loss = loss + (head.Weight * functional.cross_entropy(output.Logits, data.Labels));
        }

        loss.backward();
        var tuned = model.State();
        foreach (var (key, parameter) in halfway.named_parameters())
        {
            var expected = parameter.detach() - (Rate * Factor(key) * parameter.grad!);
            (tuned[key] - expected).abs().max().item<float>().Should().BeLessThan(1e-5f, key);
        }
    }

    [Fact]
    public void What_was_frozen_stays_so_and_nothing_else_is_frozen_however_it_ends()
    {
        using var model = Model(seed: 1);
        model.Freeze("conv1", "aux1.fc2", "inception3a.branch1.bn.weight");
        var before = Bytes(model);
        var frozen = Frozen(model);
        var trainer = new MultiHeadTrainer(model, Options with { Epochs = 1 });

        trainer.Invoking(t => t.FineTune(new WatchedDataset(Train, batch => throw new InvalidDataException($"batch {batch}")))).Should().Throw<InvalidDataException>();
        Frozen(model).Should().Equal(frozen);
        trainer.FineTune(Train);

        Frozen(model).Should().Equal(frozen);
        model.train();
        model.named_modules().Where(named => !named.module.training).Select(named => named.name).Should().Equal("conv1.bn");
        before.Keys.Except(Changed(before, Bytes(model))).Should().BeEquivalentTo(
            before.Keys.Where(key => key.StartsWith("conv1.", StringComparison.Ordinal) || key.StartsWith("aux1.fc2.", StringComparison.Ordinal) || key == "inception3a.branch1.bn.weight"));
    }

    [Fact]
    public void Callbacks_and_the_history_see_one_run()
    {
        using var model = Model(seed: 1);
        var recorder = new Recorder();
        var rates = new ConstantRate(0.25);

        var history = new MultiHeadTrainer(model, Options with { Callbacks = [recorder] }).FineTune(Train, Validation, TwoEpochs with { ClassifierSchedule = rates });

        history.Epochs.Select(epoch => epoch.Epoch).Should().Equal(1, 2, 3, 4, 5);
        history.Epochs.Take(2).Should().OnlyContain(epoch => epoch.LearningRate == 0.25);
        recorder.Events.OfType<EpochBegunEvent>().Select(begun => (begun.Epoch, begun.Epochs)).Should().Equal((1, 5), (2, 5), (3, 5), (4, 5), (5, 5));
        recorder.Events.OfType<StepEvent>().Select(step => (step.Epoch, step.Epochs, step.Step)).Should()
            .Equal(Enumerable.Range(1, 5).SelectMany(epoch => Enumerable.Range(1, 5).Select(step => (epoch, 5, step))));
        recorder.Events.OfType<StepEvent>().Where(step => step.Epoch <= 2).Should().OnlyContain(step => step.Remaining == null, "steps of the whole network take longer");
        recorder.Events.OfType<StepEvent>().Where(step => step.Epoch > 3).Should().OnlyContain(step => step.Remaining != null);
        recorder.Events.OfType<EpochEvent>().Select(epoch => epoch.Record).Should().Equal(history.Epochs);
        recorder.Events.OfType<EpochEvent>().Last().History.Epochs.Should().Equal(history.Epochs);
    }

    [Fact]
    public void A_callback_that_asks_to_stop_ends_it_all_and_early_stopping_one_of_the_two_runs()
    {
        using var model = Model(seed: 1);
        var stopped = new MultiHeadTrainer(model, Options with { Callbacks = [new StopInFirstEpoch()] }).FineTune(Train, Validation, TwoEpochs);
        var impatient = Options with { Epochs = 9, EarlyStopping = new EarlyStopping(1, minimumChange: 1) };
        var early = new MultiHeadTrainer(model, impatient).FineTune(Train, Validation, new FineTuneOptions { ClassifierEpochs = 7 });

        stopped.Epochs.Should().BeEmpty("the epoch did not end");
        early.Epochs.Should().HaveCount(4, "nothing improves by 100 %, and each run notices in its second epoch");
        Frozen(model).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void An_interrupted_call_goes_on_bit_for_bit(int batch)
    {
        using var expected = new TestFolder();
        var uninterrupted = Tune(expected, seed: 1);

        FluentActions.Invoking(() => Tune(Folder, seed: 1, cancelAt: batch)).Should().Throw<OperationCanceledException>();
        var resumed = Tune(Folder, seed: 99, resume: true);

        resumed.Epochs.Select(epoch => epoch.Epoch).Should().Equal(1, 2, 3, 4, 5);
        resumed.Epochs.SelectMany(epoch => epoch.Result).Should().Equal(uninterrupted.Epochs.SelectMany(epoch => epoch.Result));
        SameTensors(Folder.Last, expected.Last);
        SameTensors(Path.Combine(Folder.Path, "classifiers", "last.safetensors"), Path.Combine(expected.Path, "classifiers", "last.safetensors"));
    }

    [Fact]
    public void An_earlier_calls_files_in_the_folder_are_not_taken_for_this_ones()
    {
        using var expected = new TestFolder();
        Tune(expected, seed: 2);
        Tune(Folder, seed: 1);

        FluentActions.Invoking(() => Tune(Folder, seed: 2, cancelAt: 7)).Should().Throw<OperationCanceledException>();
        Tune(Folder, seed: 99, resume: true);

        SameTensors(Folder.Last, expected.Last);
    }

    [Fact]
    public void Resuming_begins_where_there_is_nothing_and_ends_where_everything_is_done()
    {
        var first = Tune(Folder, seed: 1, resume: true);
        var written = File.ReadAllBytes(Folder.Last);
        var again = Tune(Folder, seed: 99, resume: true);

        first.Epochs.Should().HaveCount(5);
        again.Epochs.Should().Equal(first.Epochs);
        File.ReadAllBytes(Folder.Last).Should().Equal(written);
    }

    [Fact]
    public void Two_calls_at_once_do_not_share_a_folder()
    {
        string? refusal = null;
        var within = new Recorder(value =>
        {
            if (value is EpochEvent { Record.Epoch: 3 })
            {
                refusal = FluentActions.Invoking(() => Tune(Folder, seed: 2)).Should().Throw<IOException>().Which.Message;
            }
        });
        using var model = Model(seed: 1);

        new MultiHeadTrainer(model, Options with { CheckpointFolder = Folder.Path, Callbacks = [within] }).FineTune(Train, Validation, TwoEpochs);

        refusal.Should().StartWith($"Another run writes its checkpoints to {Folder.Path}.");
    }

    [Fact]
    public void A_wrapped_network_whose_classifier_is_named_is_fine_tuned()
    {
        using var model = MultiHeadModel.Wrap(Layers(), numClasses: 3, inputSize: 8, classifierKeys: ["fc"]);
        var states = new List<Dictionary<string, byte[]>> { Bytes(model) };

        new MultiHeadTrainer(model, Options with { Callbacks = [new Recorder(value => AddState(value, model, states))] }).FineTune(Train, Validation);

        Changed(states[0], states[1]).Should().BeEquivalentTo("fc.weight", "fc.bias");
        Changed(states[1], states[2]).Should().BeEquivalentTo(states[0].Keys);
    }

    [Fact]
    public void What_cannot_be_fine_tuned_is_refused_in_one_line()
    {
        using var model = Model(seed: 1);
        using var wrapped = MultiHeadModel.Wrap(Layers(), numClasses: 3, inputSize: 8);
        var misspelled = Options with { Optimizer = new SgdOptions { Groups = [new ParameterGroup { Keys = "inception9?.*" }] } };

        new MultiHeadTrainer(wrapped, Options).Invoking(t => t.FineTune(Train)).Should().Throw<ArgumentException>()
            .WithMessage("Sequential does not say which layers are its classifiers: override ClassifierKeys, or name them in MultiHeadModel.Wrap(…, classifierKeys: [\"fc\"]).");
        new MultiHeadTrainer(model, Options).Invoking(t => t.FineTune(Train, resume: true)).Should().Throw<ArgumentException>()
            .WithMessage("There is nothing to resume from: the options have no CheckpointFolder.*");
        new MultiHeadTrainer(model, misspelled).Invoking(t => t.FineTune(Train)).Should().Throw<ArgumentException>().WithMessage("*'inception9?.*'*matches no trainable parameter.");
        FluentActions.Invoking(() => new FineTuneOptions { ClassifierEpochs = 0 }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new FineTuneOptions { LearningRateFactor = 0 }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new FineTuneOptions { EarlyLayersFactor = -1 }).Should().Throw<ArgumentOutOfRangeException>();
        new FineTuneOptions().Should().Be(new FineTuneOptions { ClassifierEpochs = 1, ClassifierSchedule = null, LearningRateFactor = 0.5, EarlyLayersFactor = 0.1 });
    }

    private static Sequential Layers() => Sequential(
        ("conv", Conv2d(3, 4, 3, padding: 1, bias: false)), ("bn", BatchNorm2d(4)), ("relu", ReLU()), ("pool", AdaptiveAvgPool2d(1)), ("flatten", Flatten()), ("fc", Linear(4, 3)));

    private History Tune(TestFolder folder, int seed, bool resume = false, int? cancelAt = null)
    {
        using var source = new CancellationTokenSource();
        using var model = Model(seed);
        var options = Options with { CheckpointFolder = folder.Path, Averaging = new ExponentialAverage(0.5), Checkpoints = new CheckpointPolicy { EveryEpochs = 1 } };
        var recorder = new Recorder(value =>
        {
            if (value is StepEvent step && ((step.Epoch - 1) * step.Steps) + step.Step == cancelAt)
            {
                source.Cancel();
            }
        });
        return new MultiHeadTrainer(model, options with { Callbacks = [recorder] }).FineTune(Train, Validation, TwoEpochs, resume, source.Token);
    }

    private static void AddState(TrainingEvent value, MultiHeadModel model, List<Dictionary<string, byte[]>> states)
    {
        if (value is EpochEvent)
        {
            states.Add(Bytes(model));
        }
    }

    private static void CopyHalfway(TrainingEvent value, MultiHeadModel model, MultiHeadModel copy)
    {
        if (value is EpochEvent { Record.Epoch: 1 })
        {
            using var frozen = no_grad();
            foreach (var (key, tensor) in copy.State())
            {
                tensor.copy_(model.State()[key]);
            }
        }
    }

    private static Dictionary<string, byte[]> Bytes(MultiHeadModel model) => model.Tensors().ToDictionary(entry => entry.Key, entry => entry.Value.Data.ToArray());

    private static IEnumerable<string> Changed(Dictionary<string, byte[]> before, Dictionary<string, byte[]> after) =>
        after.Where(entry => !entry.Value.AsSpan().SequenceEqual(before[entry.Key])).Select(entry => entry.Key);

    private static List<string> Frozen(MultiHeadModel model) => [.. model.named_parameters().Where(named => !named.parameter.requires_grad).Select(named => named.name)];

    private static void SameTensors(string path, string expected)
    {
        var (tensors, wanted) = (SafeTensorsFile.Read(path).Tensors, SafeTensorsFile.Read(expected).Tensors);
        tensors.Keys.Should().BeEquivalentTo(wanted.Keys);
        wanted.Where(entry => !tensors[entry.Key].Data.Span.SequenceEqual(entry.Value.Data.Span)).Select(entry => entry.Key).Should().BeEmpty();
    }

    private sealed class StopInFirstEpoch : ITrainingCallback
    {
        public TrainingRequests Observe(TrainingEvent value) => value is StepEvent { Epoch: 1, Step: 2 } ? TrainingRequests.Stop : TrainingRequests.None;
    }
}
