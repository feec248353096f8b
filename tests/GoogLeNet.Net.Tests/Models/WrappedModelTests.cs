using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Training;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Sequential = TorchSharp.Modules.Sequential;

namespace Inception.Tests.Models;

/// <summary>Any module that turns images into logits is trained, evaluated, saved and resumed.</summary>
[Collection(TorchCollection.Name)]
public sealed class WrappedModelTests
{
    private static readonly TrainerOptions Options = new()
    {
        Epochs = 2,
        BatchSize = 8,
        Schedule = new ConstantRate(0.02),
        Averaging = new ExponentialAverage(0.5),
        TrainTransforms = [new HorizontalFlip(), new ScaleToUnit()],
        ValidationTransforms = [new ScaleToUnit()],
    };

    public static TheoryData<string> Networks => ["sequential", "residual", "resnet18"];

    [Theory]
    [MemberData(nameof(Networks))]
    public void State_keys_are_the_modules_own(string name)
    {
        using var module = Module(name, seed: 1);
        var (parameters, buffers) = (module.named_parameters().Select(p => p.name).ToList(), module.named_buffers().Select(b => b.name).ToList());
        var state = module.state_dict().Keys.ToList();
        using var model = MultiHeadModel.Wrap(module, 3, 8);

        model.named_parameters().Select(p => p.name).Should().Equal(parameters);
        model.named_buffers().Select(b => b.name).Should().Equal(buffers);
        model.state_dict().Keys.Should().Equal(state);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void It_computes_what_the_module_computes_in_either_mode(string name)
    {
        using var scope = NewDisposeScope();
        using var module = Module(name, seed: 1);
        using var model = MultiHeadModel.Wrap(module, 3, 8);
        var images = Arrays.NoiseTensor(1, 4, 3, 8, 8);

        model.train();
        module.training.Should().BeTrue();
        model.eval();
        module.training.Should().BeFalse();
        model.call(images).Logits.Floats().Should().Equal(module.call(images).Floats());
        model.Logits(images).Floats().Should().Equal(module.call(images).Floats());
        model.Heads.Should().Equal(new Head("main", 1));
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void It_is_trained_evaluated_interrupted_and_resumed_bit_for_bit(string name)
    {
        using var folder = new TestFolder();
        using var expected = new TestFolder();
        using var train = Tiny.Separable(24, seed: 1);
        using var validation = Tiny.Separable(12, seed: 2);
        History Run(TestFolder into, int seed, string? resumeFrom = null, CancellationToken token = default, IImageDataset? data = null)
        {
            using var model = MultiHeadModel.Wrap(Module(name, seed), 3, 8);
            var history = new MultiHeadTrainer(model, Options with { CheckpointFolder = into.Path }).Fit(data ?? train, validation, resumeFrom: resumeFrom, cancellationToken: token);
            new Evaluator(model).Evaluate(validation).Accuracy.Should().BeApproximately(history.Epochs[^1].Result[0].Accuracy, 1e-12);
            return history;
        }

        using var source = new CancellationTokenSource();
        var uninterrupted = Run(expected, seed: 1);
        FluentActions.Invoking(() => Run(folder, seed: 1, token: source.Token, data: new WatchedDataset(train, batch => Cancel(batch, source)))).Should().Throw<OperationCanceledException>();
        var resumed = Run(folder, seed: 99, resumeFrom: folder.Last);

        resumed.Epochs.SelectMany(epoch => epoch.Result).Should().Equal(uninterrupted.Epochs.SelectMany(epoch => epoch.Result));
        var (tensors, wanted) = (SafeTensorsFile.Read(folder.Last).Tensors, SafeTensorsFile.Read(expected.Last).Tensors);
        tensors.Keys.Should().BeEquivalentTo(wanted.Keys);
        foreach (var (key, tensor) in wanted)
        {
            tensors[key].Data.Span.SequenceEqual(tensor.Data.Span).Should().BeTrue(key);
        }

        static void Cancel(int batch, CancellationTokenSource source)
        {
            if (batch == 4)
            {
                source.Cancel();
            }
        }
    }

    [Fact]
    public void It_learns()
    {
        using var train = Tiny.Separable(60, seed: 1);
        using var validation = Tiny.Separable(30, seed: 2);
        using var model = MultiHeadModel.Wrap(Module("sequential", seed: 1), 3, 8);

        var history = new MultiHeadTrainer(model, Options with { Epochs = 8, Averaging = null }).Fit(train, validation);

        history.Epochs[^1].Validation[0].Accuracy.Should().BeGreaterThan(0.9, "brightness of one channel tells the class");
    }

    [Fact]
    public void Its_configuration_tells_networks_apart()
    {
        string Configuration(nn.Module<Tensor, Tensor> module, int classes = 3, int size = 8)
        {
            using var model = MultiHeadModel.Wrap(module, classes, size);
            return model.Configuration;
        }

        var own = Configuration(Module("sequential", seed: 1));

        own.Should().Be(Configuration(Module("sequential", seed: 2)), "weights are no part of it");
        own.Should().Be("TorchSharp.Modules.Sequential, 3 classes, 8×8 pixels: conv.weight F32 (4, 3, 3, 3), bn.weight F32 (4), bn.bias F32 (4), fc.weight F32 (3, 4), fc.bias F32 (3), "
            + "bn.running_mean F32 (4), bn.running_var F32 (4), bn.num_batches_tracked I64 ()");
        new[] { Configuration(Module("residual", 1)), Configuration(Linear(4, 3)), Configuration(Linear(4, 4)), Configuration(Linear(4, 3), 2), Configuration(Linear(4, 3), 3, 9), own }
            .Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Its_classifiers_may_be_left_out_in_loading_where_they_are_named()
    {
        using var folder = new TestFolder();
        Sequential Network(int classes) => Sequential(("flatten", Flatten()), ("fc", Linear(4, 3)), ("fc2", Linear(3, classes)));
        using (var saved = MultiHeadModel.Wrap(Network(5), 5, 2, inputChannels: 1))
        {
            saved.SaveWeights(folder.Last);
            saved.Invoking(m => m.LoadWeights(folder.Last, includeClassifiers: false)).Should().Throw<ArgumentException>().WithMessage("Sequential does not say which layers are its classifiers: *");
        }

        using var other = MultiHeadModel.Wrap(Network(2), 2, 2, inputChannels: 1, classifierKeys: ["fc2"]);

        other.LoadWeights(folder.Last, includeClassifiers: false).Loaded.Should().BeEquivalentTo("fc.weight", "fc.bias");
        other.InputChannels.Should().Be(1);
    }

    [Fact]
    public void It_owns_the_module()
    {
        var module = Linear(4, 3);
        MultiHeadModel.Wrap(module, 3, 2).Dispose();

        module.weight!.IsInvalid.Should().BeTrue();
    }

    [Fact]
    public void What_cannot_be_a_classifier_is_refused()
    {
        using var module = Sequential(("flatten", Flatten()), ("fc", Linear(12, 5)));
        using var model = MultiHeadModel.Wrap(module, 3, 2);

        model.Invoking(m => m.call(zeros(2, 3, 2, 2))).Should().Throw<InvalidOperationException>().WithMessage("Sequential gives (2, 5) for 2 images; with 3 classes it must give (2, 3).");
        model.Invoking(m => m.call(zeros(0, 3, 2, 2))).Should().Throw<ArgumentException>().WithMessage("The batch has no images.*");
        FluentActions.Invoking(() => MultiHeadModel.Wrap(null!, 3, 2)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => MultiHeadModel.Wrap(module, 0, 2)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => MultiHeadModel.Wrap(module, 3, 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => MultiHeadModel.Wrap(module, 3, 2, inputChannels: 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => MultiHeadModel.Wrap(module, 3, 2, classifierKeys: ["head"])).Should().Throw<ArgumentException>()
            .WithMessage("No parameter's key begins with 'head'; they begin with fc.*");
        FluentActions.Invoking(() => MultiHeadModel.Wrap(Flatten(), 3, 2)).Should().Throw<ArgumentException>().WithMessage("The module has no parameters.*");
    }

    private static nn.Module<Tensor, Tensor> Module(string name, long seed)
    {
        manual_seed(seed);
        return name switch
        {
            "sequential" => Sequential(
                ("conv", Conv2d(3, 4, 3, padding: 1, bias: false)), ("bn", BatchNorm2d(4)), ("relu", ReLU()), ("pool", AdaptiveAvgPool2d(1)), ("flatten", Flatten()), ("fc", Linear(4, 3))),
            "residual" => new Residual(),
            _ => torchvision.models.resnet18(num_classes: 3),
        };
    }

    // Its modules are fields, as TorchSharp's own examples have them.
    private sealed class Residual : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> conv1 = Conv2d(3, 6, 3, padding: 1);
        private readonly nn.Module<Tensor, Tensor> bn = BatchNorm2d(6);
        private readonly nn.Module<Tensor, Tensor> conv2 = Conv2d(6, 6, 3, padding: 1);
        private readonly nn.Module<Tensor, Tensor> fc = Linear(6, 3);

        public Residual()
            : base(nameof(Residual)) => RegisterComponents();

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            x = functional.relu(bn.call(conv1.call(x)));
            x = functional.relu(x + conv2.call(x));
            return fc.call(x.mean([2, 3])).MoveToOuterDisposeScope();
        }
    }
}
