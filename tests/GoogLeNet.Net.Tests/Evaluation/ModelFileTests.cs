using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Training;
using Inception.Training;
using Microsoft.Extensions.Logging;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

/// <summary>What a network learned with is in its files, and predictions use it without being told.</summary>
[Collection(TorchCollection.Name)]
public sealed class ModelFileTests : IDisposable
{
    private static readonly IBatchTransform[] Training = [new RandomCrop(1), new HorizontalFlip(), new Normalize([120, 110, 100], [60, 50, 40])];

    private readonly TestFolder folder = new();

    private string File => Path.Combine(folder.Path, "model.safetensors");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_network_trained_with_a_normalization_scores_the_same_after_save_and_load()
    {
        using TensorDataset train = Tiny.Separable(60, seed: 1), test = Tiny.Separable(30, seed: 2);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var options = new TrainerOptions { Epochs = 3, BatchSize = 10, Schedule = new Triangular(0.1), TrainTransforms = Training, CheckpointFolder = folder.Path };
        var trained = new MultiHeadTrainer(model, options).Fit(train, test).Epochs[^1].Validation[0];
        model.SaveWeights(File);
        trained.Accuracy.Should().BeGreaterThan(0.6, "it must have learned something for its loss to be noticed");

        foreach (var path in (string[])[File, folder.Last])
        {
            using var predictor = Predictor.Load(path);
            using var network = GoogLeNet.Load(path);

            new Evaluator(predictor).Evaluate(test).Accuracy.Should().Be(trained.Accuracy, path);
            new Evaluator(network).Evaluate(test).Accuracy.Should().Be(trained.Accuracy, path);
            new Evaluator(network).Evaluate(test).Loss.Should().BeApproximately(trained.Loss, 1e-5, path);
            predictor.ClassNames.Should().Equal(train.ClassNames);
        }

        new Evaluator(model).Evaluate(test).Accuracy.Should().Be(trained.Accuracy, "the network itself knows it, too");
    }

    [Fact]
    public void Validation_takes_the_deterministic_part_of_the_training_transforms()
    {
        using var data = Tiny.Noise(12, size: 10);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var transforms = new IBatchTransform[]
        {
            new Translate(2), new RandomCrop(1, size: 9), new RandomResizedCrop(8), new Cutout(2), new PhotometricDistortion(), new HorizontalFlip(), new Normalize([1, 2, 3], [4, 5, 6]),
        };

        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 6, TrainTransforms = transforms }).Fit(data);

        new EnsembleMember(model).Preprocessing!.Transforms.Should().Equal(new CenterCrop(9), new Resize(8), new Normalize([1, 2, 3], [4, 5, 6]));
    }

    [Fact]
    public void A_compiled_network_and_one_without_heads_know_it_too()
    {
        using var data = Tiny.Noise(12);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 6, TrainTransforms = Training }).Fit(data);
        using var compiled = model.Compile();
        using var smaller = model.WithoutAuxiliaries();

        foreach (var classifier in (IClassifier[])[compiled, smaller])
        {
            classifier.ClassNames.Should().Equal(data.ClassNames);
            new EnsembleMember(classifier).Preprocessing!.Transforms.Should().Equal(new Normalize([120, 110, 100], [60, 50, 40]));
        }
    }

    [Fact]
    public void The_inference_library_reads_the_class_names()
    {
        using var model = GoogLeNet.Create(2, Tiny.Spec());
        model.ClassNames = ["rose", "tulip"];
        model.SaveWeights(File);

        using var compiled = CompiledNetwork.Load(File);

        compiled.ClassNames.Should().Equal("rose", "tulip");
    }

    [Theory]
    [InlineData("""["a"]""", "*There are 1 names, and the network has 3 classes*")]
    [InlineData("""["a", "b", null]""", "*class names that cannot be used*")]
    [InlineData("rose", "*class names that cannot be used*")]
    [InlineData("null", "*class names that cannot be used*")]
    public void Names_that_do_not_match_the_network_are_refused(string names, string message)
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var metadata = model.Metadata(WeightsFormat.Weights);
        metadata["classNames"] = names;
        SafeTensorsFile.Write(File, metadata, model.Tensors().Values);

        FluentActions.Invoking(() => GoogLeNet.Load(File)).Should().Throw<ModelFileException>().WithMessage(message).Which.Path.Should().Be(File);
        FluentActions.Invoking(() => CompiledNetwork.Load(File)).Should().Throw<ModelFileException>().WithMessage(message);
    }

    [Fact]
    public void A_file_without_names_is_loaded_with_one_warning_that_says_what_it_lacks()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        model.SaveWeights(File);
        var log = new Lines();

        using var predictor = Predictor.Load(File, logger: log);

        predictor.ClassNames.Should().Equal("class 0", "class 1", "class 2");
        log.Warnings.Should().ContainSingle().Which.Should().StartWith($"{File} lacks class names and preprocessing");
    }

    [Fact]
    public void A_transform_of_ones_own_survives_the_file_and_an_unknown_one_is_named_with_what_to_do()
    {
        using var data = Tiny.Noise(12);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var options = new TrainerOptions { Epochs = 1, BatchSize = 6, TrainTransforms = [new Invert(3), new ScaleToUnit()] };
        new MultiHeadTrainer(model, options).Fit(data);
        model.SaveWeights(File);

        using var predictor = Predictor.Load(File, ownTypes: [typeof(Invert)]);

        new EnsembleMember(predictor.Models[0], predictor.Models[0].GetPreprocessing([typeof(Invert)])).Preprocessing!.Transforms.Should().Equal(options.TrainTransforms);
        FluentActions.Invoking(() => Predictor.Load(File)).Should().Throw<ModelFileException>().WithMessage($"{File} *{typeof(Invert).FullName}*ownTypes: [typeof(…)]*");
    }

    [Fact]
    public void A_wrapped_module_is_saved_loaded_and_predicts_by_name()
    {
        static MultiHeadModel Build() => MultiHeadModel.Wrap(
            nn.Sequential(("conv", nn.Conv2d(3, 6, 3)), ("pool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()), ("fc", nn.Linear(6, 3))), numClasses: 3, inputSize: 8);
        using var data = Tiny.Separable(30, seed: 1);
        using var model = Build();
        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 2, BatchSize = 10, TrainTransforms = Training }).Fit(data);
        model.SaveWeights(File);

        using var loaded = Build();
        loaded.LoadWeights(File).IsComplete.Should().BeTrue();

        using var image = data.Images.select(0, 4);
        new Predictor(loaded).Classify(image, top: 3).Should().Equal(new Predictor(model).Classify(image, top: 3));
        loaded.ClassNames.Should().Equal(data.ClassNames);
        FluentActions.Invoking(() => Predictor.Load(File)).Should().Throw<ModelFileException>().WithMessage("*a model of another kind (*MultiHeadModel.Wrap*LoadWeights*");
    }

    [Fact]
    public void A_loop_of_ones_own_says_how_pictures_are_seen_and_a_transform_of_ones_own_is_named()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        model.SetPreprocessing(new Preprocessing([new Invert(2), new ScaleToUnit()], height: 8));
        model.SaveWeights(File);

        using var loaded = GoogLeNet.Load(File);

        loaded.GetPreprocessing([typeof(Invert)])!.Transforms.Should().Equal(new Invert(2), new ScaleToUnit());
        loaded.Invoking(network => network.GetPreprocessing()).Should().Throw<ArgumentException>().WithMessage("*Invert*");
        loaded.SetPreprocessing(null);
        loaded.GetPreprocessing().Should().BeNull();
    }

    [Fact]
    public void A_pooling_of_ones_own_is_trained_saved_compiled_and_loaded()
    {
        using var data = Tiny.Noise(12);
        var spec = Tiny.Spec() with { Auxiliaries = [new AuxiliarySpec("side", "3a") { Pooling = new MaxTo(2), Channels = 4, Hidden = 8 }] };
        using var model = GoogLeNet.Create(3, spec);
        var options = new TrainerOptions { Epochs = 2, BatchSize = 6, CheckpointFolder = folder.Path };
        var history = new MultiHeadTrainer(model, options).Fit(data, data);

        using var predictor = Predictor.Load(folder.Last, ownTypes: [typeof(MaxTo)]);
        using var loaded = GoogLeNet.Load(folder.Last, [typeof(MaxTo)]);
        using var resumed = GoogLeNet.Create(3, spec, seed: 7);

        loaded.Spec.Should().Be(spec);
        new Evaluator(predictor).Evaluate(data).Accuracy.Should().Be(history.Epochs[^1].Validation[0].Accuracy);
        new MultiHeadTrainer(resumed, options).Fit(data, data, resumeFrom: folder.Last).Epochs[^1].Validation.Should().Equal(history.Epochs[^1].Validation);
        FluentActions.Invoking(() => GoogLeNet.Load(folder.Last)).Should().Throw<ModelFileException>().WithMessage($"*{typeof(MaxTo).FullName}*ownTypes: [typeof(…)]*");
    }

    [Fact]
    public void Classes_in_another_order_are_refused_in_training_and_evaluation()
    {
        using TensorDataset train = Tiny.Noise(12), same = Tiny.Noise(6, seed: 2);
        using var swapped = new TensorDataset(same.Images.clone(), same.Labels.clone(), ["b", "a", "c"]);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var trainer = new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 6 });

        trainer.Invoking(t => t.Fit(train, swapped)).Should().Throw<ArgumentException>().WithMessage("The validation images' classes are b, a, c; the training images' are a, b, c.*");
        trainer.Fit(train);
        new Evaluator(model).Invoking(evaluator => evaluator.Evaluate(swapped)).Should().Throw<ArgumentException>().WithMessage("*classes are b, a, c; the network's are a, b, c.*");
    }

    [Fact]
    public void A_loaded_network_is_measured_and_trained_on_as_it_was_trained()
    {
        using TensorDataset train = Tiny.Separable(60, seed: 1), test = Tiny.Separable(30, seed: 2);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var options = new TrainerOptions { Epochs = 2, BatchSize = 10, TrainTransforms = Training };
        var trained = new MultiHeadTrainer(model, options).Fit(train, test).Epochs[^1].Validation[0];
        model.SaveWeights(File);
        using var loaded = GoogLeNet.Load(File);
        var plain = new MultiHeadTrainer(loaded, new TrainerOptions { Epochs = 1, BatchSize = 10 });

        plain.Evaluate(test)[0].Loss.Should().BeApproximately(trained.Loss, 1e-5);
        using (var swapped = new TensorDataset(train.Images.clone(), train.Labels.clone(), ["b", "a", "c"]))
        {
            plain.Invoking(trainer => trainer.Fit(swapped)).Should().Throw<ArgumentException>().WithMessage("*b, a, c*a, b, c*");
            plain.Invoking(trainer => trainer.Evaluate(swapped)).Should().Throw<ArgumentException>();
        }

        loaded.ClassNames.Should().Equal("a", "b", "c");
        plain.Fit(train);
        loaded.GetPreprocessing()!.Transforms.Should().Equal(new Normalize([120, 110, 100], [60, 50, 40]));
    }

    [Fact]
    public void LoadWeights_takes_the_weights_that_the_file_predicts_with()
    {
        using var data = Tiny.Separable(30, seed: 1);
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 2, BatchSize = 3, Averaging = new ExponentialAverage(0.8), CheckpointFolder = folder.Path }).Fit(data);
        using GoogLeNet built = GoogLeNet.Load(folder.Last), filled = GoogLeNet.Create(3, Tiny.Spec(), seed: 5), training = GoogLeNet.Create(3, Tiny.Spec(), seed: 5);
        using var smaller = GoogLeNet.Create(3, Tiny.Spec() with { Auxiliaries = [] });

        filled.LoadWeights(folder.Last);
        training.LoadWeights(folder.Last, averaged: false);
        smaller.LoadWeights(folder.Last, strict: false);

        var wanted = new Evaluator(built).Evaluate(data).Loss;
        new Evaluator(filled).Evaluate(data).Loss.Should().Be(wanted);
        new Evaluator(training).Evaluate(data).Loss.Should().NotBe(wanted);
        smaller.ClassNames.Should().Equal(data.ClassNames, "its classifier is the file's");
        smaller.GetPreprocessing().Should().NotBeNull();
    }

    [Fact]
    public void Names_are_refused_where_they_are_too_few_and_may_be_alike_as_two_of_ImageNets_are()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());

        model.Invoking(m => m.ClassNames = ["a", "b"]).Should().Throw<ArgumentException>().WithMessage("The network has 3 classes*");
        model.ClassNames = ["crane", "drake", "crane"];
        model.SaveWeights(File);
        using var loaded = GoogLeNet.Load(File);
        loaded.ClassNames.Should().Equal("crane", "drake", "crane");
    }

    [Fact]
    public void A_disposed_network_does_not_overwrite_a_good_file()
    {
        var model = GoogLeNet.Create(3, Tiny.Spec());
        model.SaveWeights(File);
        var before = System.IO.File.ReadAllBytes(File);
        model.Dispose();

        model.Invoking(disposed => disposed.SaveWeights(File)).Should().Throw<ObjectDisposedException>();

        System.IO.File.ReadAllBytes(File).Should().Equal(before);
    }

    [Fact]
    public void A_predictor_disposes_the_networks_that_it_loaded_and_no_others()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        model.SaveWeights(File);
        using var images = zeros(1, 3, 8, 8, dtype: ScalarType.Byte);
        var loaded = Predictor.Load(File);
        var borrowed = new Predictor(model);

        loaded.Dispose();
        borrowed.Dispose();

        loaded.Invoking(predictor => predictor.Predict(images)).Should().Throw<ObjectDisposedException>();
        using var still = borrowed.Predict(images);
        still.shape.Should().Equal(1, 3);
    }

    /// <summary>A transform that this library does not know.</summary>
    public sealed record Invert(int Times) : IBatchTransform
    {
        public Tensor Apply(Tensor images, BatchContext context) => 255 - images;
    }

    /// <summary>A pooling that this library does not have.</summary>
    public sealed record MaxTo(int Size) : AuxiliaryPooling, IPoolingOperator
    {
        public override int OutputSize(int size) => size >= Size ? Size : 0;

        public Tensor Pool(Tensor features) => nn.functional.adaptive_max_pool2d(features, [Size, Size]);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Warnings.Add(formatter(state, exception));
    }
}
