using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception.Tests.Models;

/// <summary>Networks for pictures with one channel, or any other number, from the first layer to the compiled network.</summary>
[Collection(TorchCollection.Name)]
public sealed class GreyscaleTests
{
    public static TheoryData<string, int, int> Presets => new()
    {
        { "paper", 1, 112 }, { "tutorial", 1, 80 }, { "torchvision", 1, 64 }, { "cifar", 1, 32 }, { "cifar-small", 1, 32 }, { "cifar-fast", 1, 32 }, { "cifar-fast", 4, 32 }, { "cifar-small", 2, 32 },
    };

    [Theory]
    [MemberData(nameof(Presets))]
    public void A_preset_of_other_channels_is_trained_saved_folded_and_compiled(string preset, int channels, int size)
    {
        using var scope = NewDisposeScope();
        using var folder = new TestFolder();
        using var model = GoogLeNet.Create(3, GoogLeNetSpec.FromName(preset).WithWidth(0.125) with { InputChannels = channels, InputSize = size }, seed: 1);
        using var data = Tiny.Noise(12, size: size, channels: channels);

        var options = new TrainerOptions
        {
            Epochs = 1,
            BatchSize = 6,
            CheckpointFolder = folder.Path,
            Schedule = new ConstantRate(0.01),
            TrainTransforms = [new RandomCrop(2), new HorizontalFlip(), new Cutout(4), new Normalize([.. Enumerable.Repeat(0.5, channels)], [.. Enumerable.Repeat(0.25, channels)])],
            ValidationTransforms = [new Normalize([.. Enumerable.Repeat(0.5, channels)], [.. Enumerable.Repeat(0.25, channels)])],
        };
        var history = new MultiHeadTrainer(model, options).Fit(data, data);
        var images = Arrays.NoiseTensor(3, 4, channels, size, size);
        var expected = model.Logits(images).Floats();

        history.Epochs[0].Validation.Should().OnlyContain(head => double.IsFinite(head.Loss));
        model.NeedsInitialization.Should().BeFalse();
        expected.Should().OnlyContain(value => float.IsFinite(value));
        Error(model.Logits(Arrays.ChannelsLast(images)).Floats()).Should().BeLessThan(1e-4);
        using (var compiled = model.Compile())
        {
            Error(compiled.Logits(images).Floats()).Should().BeLessThan(1e-4);
            Error(compiled.Logits(Arrays.ChannelsLast(images)).Floats()).Should().BeLessThan(1e-4);
        }

        using (var loaded = CompiledNetwork.Load(folder.Last))
        {
            Error(loaded.Logits(images.Floats(), count: 4)).Should().BeLessThan(1e-4);
        }

        using (var loaded = GoogLeNet.Load(folder.Last))
        {
            loaded.Logits(images).Floats().Should().Equal(expected);
        }

        double Error(float[] values) => Arrays.RelativeError(values, [.. expected.Select(value => (double)value)]);
    }

    [Fact]
    public void A_grey_network_is_a_colored_one_whose_filters_are_summed_over_equal_channels()
    {
        using var scope = NewDisposeScope();
        using var colored = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        using var grey = GoogLeNet.Create(3, Tiny.Spec() with { InputChannels = 1 }, seed: 2);
        using (no_grad())
        {
            foreach (var (key, value) in grey.State())
            {
                value.copy_(key == "conv1.conv.weight" ? colored.State()[key].sum(1, keepdim: true) : colored.State()[key]);
            }
        }

        colored.eval();
        grey.eval();
        var images = Arrays.NoiseTensor(1, 3, 1, 8, 8);

        Arrays.RelativeError(grey.Logits(images).Floats(), [.. colored.Logits(images.expand(3, 3, 8, 8)).Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void A_grey_whitening_makes_patches_white()
    {
        using var scope = NewDisposeScope();
        var spec = Tiny.Spec() with { InputChannels = 1, Layers = [new WhiteningSpec("white", 3, Epsilon: 1e-9), .. Tiny.Spec().Layers] };
        using var model = GoogLeNet.Create(3, spec);
        var images = Arrays.NoiseTensor(1, 200, 1, 9, 9);

        model.InitializeFrom(images);

        // Of the patches that it was computed from: second moments of the outputs are the identity.
        var filters = model.State()["white.weight"].narrow(0, 0, 9);
        filters.shape.Should().Equal(9, 1, 3, 3);
        var outputs = functional.conv2d(images, filters, strides: [3, 3]).permute(0, 2, 3, 1).reshape(-1, 9);
        var moments = outputs.transpose(0, 1).mm(outputs) / outputs.shape[0];
        (moments - eye(9)).abs().max().item<float>().Should().BeLessThan(1e-3f);
    }

    [Fact]
    public void Another_number_of_channels_and_an_empty_batch_are_refused_in_one_line()
    {
        using var scope = NewDisposeScope();
        using var grey = GoogLeNet.Create(3, Tiny.Spec() with { InputChannels = 1 });
        using var data = Tiny.Noise(8);
        const string Channels = "The images have 3 channels; 'tiny' takes 1.*";

        foreach (var classifier in new IClassifier[] { grey, grey.Compile() })
        {
            classifier.Invoking(c => c.Logits(zeros(2, 3, 8, 8))).Should().Throw<ArgumentException>().WithMessage(Channels);
            classifier.Invoking(c => c.Logits(zeros(0, 1, 8, 8))).Should().Throw<ArgumentException>().WithMessage("The batch has no images.*");
        }

        new MultiHeadTrainer(grey, new() { BatchSize = 4 }).Invoking(t => t.Fit(data)).Should().Throw<ArgumentException>().WithMessage(Channels);
        new Evaluator(grey).Invoking(e => e.Evaluate(data)).Should().Throw<ArgumentException>().WithMessage(Channels);
        new Predictor(grey).Invoking(p => p.Predict(zeros(1, 3, 8, 8, dtype: ScalarType.Byte))).Should().Throw<ArgumentException>().WithMessage(Channels);
    }
}
