using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Training;
using Inception.Tests.Transforms;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

[Collection(TorchCollection.Name)]
public sealed class LoadTests : IDisposable
{
    private readonly TestFolder folder = new();

    private string File => Path.Combine(folder.Path, "model.safetensors");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_of_weights_is_enough_to_build_its_network()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(4, Tiny.Spec(), seed: 9);
        model.SaveWeights(File);
        model.eval();
        var images = Images.Batch(1, 2, 3, 8, 8).to(ScalarType.Float32);

        using var loaded = GoogLeNet.Load(File);

        loaded.Configuration.Should().Be(model.Configuration);
        loaded.training.Should().BeFalse();
        loaded.call(images).Logits.Floats().Should().Equal(model.call(images).Logits.Floats());
        new EnsembleMember(loaded).Preprocessing.Should().BeNull("nothing in the file tells of any");
    }

    [Fact]
    public void A_checkpoint_gives_the_network_and_what_validation_images_went_through()
    {
        using var data = Tiny.Noise(12);
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 9);
        IBatchTransform[] transforms = [new Resize(8), new Normalize([1, 2, 3], [4, 5, 6])];
        var options = new TrainerOptions { Epochs = 1, BatchSize = 6, ValidationTransforms = transforms, CheckpointFolder = folder.Path };
        var history = new MultiHeadTrainer(model, options).Fit(data, data);

        using var predictor = Predictor.Load(folder.Last);

        var preprocessing = new EnsembleMember(predictor.Models[0]).Preprocessing!;
        preprocessing.Transforms.Should().Equal(transforms);
        (preprocessing.Height, preprocessing.Width, preprocessing.Channels, preprocessing.Fit).Should().Be((8, 8, 3, ImageFit.Crop));
        predictor.ClassNames.Should().Equal(data.ClassNames);
        var result = new Evaluator(predictor).Evaluate(data);
        result.Accuracy.Should().Be(history.Epochs[^1].Validation[0].Accuracy);
        result.Loss.Should().BeApproximately(history.Epochs[^1].Validation[0].Loss, 1e-5);
    }

    [Fact]
    public void Of_a_run_with_averaged_weights_those_are_loaded()
    {
        using var data = Tiny.Noise(12);
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 9);
        var options = new TrainerOptions
        {
            Epochs = 2,
            BatchSize = 3,
            Schedule = new Triangular(peak: 0.1),
            Averaging = new ExponentialAverage(0.8),
            CheckpointFolder = folder.Path,
        };
        var epoch = new MultiHeadTrainer(model, options).Fit(data, data).Epochs[^1];
        epoch.Averaged![0].Loss.Should().NotBeApproximately(epoch.Validation[0].Loss, 1e-3, "the test needs two networks to tell apart");

        using var loaded = GoogLeNet.Load(folder.Last);

        new Evaluator(loaded).Evaluate(data).Loss.Should().BeApproximately(epoch.Averaged[0].Loss, 1e-5);
    }

    [Fact]
    public void A_checkpoint_of_another_kind_of_model_is_refused()
    {
        using var data = Tiny.Noise(6, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 6, CheckpointFolder = folder.Path }).Fit(data);

        FluentActions.Invoking(() => GoogLeNet.Load(folder.Last)).Should().Throw<ModelFileException>()
            .WithMessage($"{folder.Last} holds a model of another kind (LinearModel); build that in your program, *LoadWeights.").Which.Path.Should().Be(folder.Last);
    }

    public static TheoryData<string?, string, string> Descriptions => new()
    {
        { null, "*does not say which network it holds; build it with GoogLeNet.Create and read the file with LoadWeights.", "another program's file" },
        { "null", "*holds a model of another kind (null)*", "JSON of nothing" },
        { """{"numClasses": 0, "spec": {}}""", "*holds no GoogLeNet*", "half a description" },
        { """{"numClasses": 3}""", "*holds no GoogLeNet*spec*", "no spec" },
    };

    [Theory]
    [MemberData(nameof(Descriptions))]
    public void A_file_that_does_not_describe_a_GoogLeNet_is_refused(string? description, string message, string reason)
    {
        var metadata = description is null ? [] : new Dictionary<string, string> { ["model"] = description };
        SafeTensorsFile.Write(File, metadata, []);

        FluentActions.Invoking(() => GoogLeNet.Load(File)).Should().Throw<ModelFileException>(reason).WithMessage(message);
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("""{"validationTransforms": [{"transform": "MyApp.Sharpen"}]}""", "a transform of the user's own")]
    [InlineData("""{"validationTransforms": [{"transform": "resize", "size": 0}]}""", "a value out of range")]
    public void Transforms_that_cannot_be_read_are_refused(string options, string reason)
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var metadata = new Dictionary<string, string> { ["model"] = model.Configuration, ["options"] = options };
        SafeTensorsFile.Write(File, metadata, model.State().Select(entry => entry.Value.ToSafeTensor(entry.Key)));

        FluentActions.Invoking(() => Predictor.Load(File)).Should().Throw<ModelFileException>(reason)
            .WithMessage($"{File} cannot be used as it is. The network's preprocessing cannot be read: *ownTypes*");
    }

    [Fact]
    public void Tensors_of_another_network_than_the_file_names_are_refused()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        SafeTensorsFile.Write(File, new Dictionary<string, string> { ["model"] = model.Configuration }, []);

        FluentActions.Invoking(() => GoogLeNet.Load(File)).Should().Throw<WeightsException>().WithMessage("*missing: *");
    }
}
