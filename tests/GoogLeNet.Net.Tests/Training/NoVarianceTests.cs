using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception.Tests.Training;

/// <summary>One value for each channel has no variance in training: it is refused, not kept as a number that is none.</summary>
[Collection(TorchCollection.Name)]
public sealed class NoVarianceTests
{
    private static GoogLeNetSpec Spec => Tiny.Spec() with { Auxiliaries = [new("side", "3b") { Pooling = new AdaptiveAveragePooling(1), Channels = 4, Hidden = 8 }] };

    [Theory]
    [InlineData(21, 10, null, "the last batch of an epoch")]
    [InlineData(6, 1, null, "every batch")]
    [InlineData(6, 3, 1, "parts of a batch")]
    public void A_head_that_sees_one_pixel_of_one_image_refuses_it(int images, int batch, int? part, string reason)
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(images);
        using var model = GoogLeNet.Create(3, Spec);

        new MultiHeadTrainer(model, new() { Epochs = 1, BatchSize = batch, MicroBatchSize = part, CheckpointFolder = folder.Path }).Invoking(t => t.Fit(data))
            .Should().Throw<InvalidOperationException>(reason).WithMessage("In training the batch normalization of 'side.conv' got a batch of one image and one pixel, (1, 4, 1, 1)*");
        model.State()["side.conv.bn.running_var"].Floats().Should().OnlyContain(value => float.IsFinite(value));
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void A_block_on_a_map_of_one_pixel_refuses_it_too()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, Tiny.Spec() with { Auxiliaries = [] });
        model.train();

        // 8 pixels are pooled to 4; of 2 one is left.
        model.Invoking(m => m.call(zeros(1, 3, 2, 2))).Should().Throw<InvalidOperationException>().WithMessage("*'inception3a.branch1'*(1, 8, 1, 1)*");
        model.call(zeros(2, 3, 2, 2)).Logits.shape.Should().Equal(2, 3);
        model.eval();
        model.call(zeros(1, 3, 2, 2)).Logits.shape.Should().Equal(1, 3);
    }

    [Fact]
    public void Frozen_norms_take_it()
    {
        using var data = Tiny.Noise(21);
        using var model = GoogLeNet.Create(3, Spec);
        model.Freeze("side.conv");

        new MultiHeadTrainer(model, new() { Epochs = 1, BatchSize = 10 }).Fit(data).Epochs.Should().ContainSingle();
    }

    [Fact]
    public void A_norm_of_ones_own_that_has_taken_it_ends_the_run_before_anything_is_saved()
    {
        using var folder = new TestFolder();
        using var data = Tiny.Noise(5);
        using var model = MultiHeadModel.Wrap(Sequential(("flatten", Flatten()), ("norm", BatchNorm1d(192)), ("fc", Linear(192, 3))), 3, 8);

        new MultiHeadTrainer(model, new() { Epochs = 1, BatchSize = 2, CheckpointFolder = folder.Path }).Invoking(t => t.Fit(data))
            .Should().Throw<InvalidOperationException>().WithMessage("'norm.running_var' is not finite after epoch 1, step 3*");
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }
}
