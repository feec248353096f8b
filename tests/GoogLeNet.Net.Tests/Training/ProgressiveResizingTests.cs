using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

[Collection(TorchCollection.Name)]
public sealed class ProgressiveResizingTests
{
    [Fact]
    public void The_network_sees_the_stages_sizes_and_then_the_images_own()
    {
        using var data = Tiny.Noise(32);
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        var model = new SizeSpy(network);
        var options = new TrainerOptions
        {
            Epochs = 2,
            BatchSize = 8,
            Resizing = new ProgressiveResizing([new ResizingStage(4, Until: 0.25), new ResizingStage(6, Until: 0.5)]),
        };

        new MultiHeadTrainer(model, options).Fit(data);

        model.Sizes.Should().Equal(4, 4, 6, 6, 8, 8, 8, 8);
    }

    [Fact]
    public void A_constant_image_stays_constant()
    {
        using var scope = NewDisposeScope();

        var small = BatchTransforms.Scaled(full([1, 3, 8, 8], 2.5f), 5);

        small.shape.Should().Equal(1, 3, 5, 5);
        small.Floats().Should().OnlyContain(value => Math.Abs(value - 2.5f) < 1e-6);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(2)]
    public void Parts_of_a_batch_have_the_batchs_size(int part)
    {
        using var data = Tiny.Noise(32);
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        var model = new SizeSpy(network);
        var options = new TrainerOptions { Epochs = 1, BatchSize = 8, MicroBatchSize = part, Resizing = new([new(4, Until: 0.25), new(6, Until: 0.6)]) };

        new MultiHeadTrainer(model, options).Fit(data);

        // Steps begin at 0, ¼, ½ and ¾ of the run.
        model.Sizes.Should().Equal(new[] { 4L, 6, 6, 8 }.SelectMany(size => Enumerable.Repeat(size, 8 / part)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_loader_scales_what_it_would_give_without_the_size_mixed_or_not(bool mixed)
    {
        using var scope = NewDisposeScope();
        using var data = Tiny.Noise(8);
        BatchLoader Loader(Func<int, int, int?>? sizeAt) => new(data, 4, [new HorizontalFlip(), new ScaleToUnit()], CPU, seed: 1, mixup: mixed ? new Mixup(1) : null) { SizeAt = sizeAt };

        var (plain, scaled) = (Loader(null).Load(2, 1), Loader((epoch, step) => epoch + step).Load(2, 1));

        scaled.Images.Floats().Should().Equal(nn.functional.interpolate(plain.Images, [3, 3], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true).Floats());
        scaled.Labels.Longs().Should().Equal(plain.Labels.Longs());
        Loader((_, _) => 8).Load(2, 1).Images.Floats().Should().Equal(plain.Images.Floats());
    }

    [Theory]
    [InlineData(0, 0.5, "*Size is 0; it must be at least 1*")]
    [InlineData(4, 0, "*Until is 0; it must be more than 0*")]
    [InlineData(4, 1.5, "*Until is 1.5; it must be more than 0*at most 1*")]
    public void A_stage_out_of_range_is_refused(int size, double until, string message) =>
        FluentActions.Invoking(() => new ProgressiveResizing([new ResizingStage(size, until)])).Should().Throw<ArgumentException>().WithMessage(message);

    [Fact]
    public void Stages_out_of_order_and_no_stage_at_all_are_refused()
    {
        FluentActions.Invoking(() => new ProgressiveResizing([new(4, 0.5), new(6, 0.5)])).Should().Throw<ArgumentException>().WithMessage("*more than 0.5*");
        FluentActions.Invoking(() => new ProgressiveResizing([])).Should().Throw<ArgumentException>().WithMessage("*at least one stage*");
    }

    [Fact]
    public void Two_with_the_same_stages_are_equal()
    {
        ProgressiveResizing Of(params (int Size, double Until)[] stages) => new([.. stages.Select(stage => new ResizingStage(stage.Size, stage.Until))]);
        var one = Of((4, 0.25), (6, 0.5));

        one.Should().Be(Of((4, 0.25), (6, 0.5))).And.NotBe(Of((4, 0.25))).And.NotBe(Of((4, 0.25), (6, 0.75))).And.NotBe(null);
        one.GetHashCode().Should().Be(Of((4, 0.25), (6, 0.5)).GetHashCode());
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(null, 1)]
    public void Validation_comes_as_often_as_asked_for_and_after_the_last_epoch(int? interval, int validations)
    {
        using var data = Tiny.Noise(16);
        using var network = GoogLeNet.Create(3, Tiny.Spec());

        var history = new MultiHeadTrainer(network, new TrainerOptions { Epochs = 3, BatchSize = 8, ValidationInterval = interval }).Fit(data, data);

        history.Epochs.Count(epoch => epoch.Validation.Count > 0).Should().Be(validations);
        history.Epochs[^1].Validation.Should().NotBeEmpty();
    }

    [Fact]
    public void Early_stopping_needs_every_epochs_validation()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        var options = new TrainerOptions { ValidationInterval = null, EarlyStopping = new(patience: 1) };

        FluentActions.Invoking(() => new MultiHeadTrainer(network, options)).Should().Throw<ArgumentException>()
            .WithMessage("ValidationInterval is null; it must be 1 with EarlyStopping*");
    }

    // A network that notes the sizes of what it sees.
    private sealed class SizeSpy : MultiHeadModel
    {
        private readonly GoogLeNet model;

        public SizeSpy(GoogLeNet model)
            : base(nameof(SizeSpy))
        {
            this.model = model;
            register_module(nameof(model), model);
        }

        public List<long> Sizes { get; } = [];

        public override IReadOnlyList<Head> Heads => model.Heads;

        public override int InputSize => model.InputSize;

        public override int NumClasses => model.NumClasses;

        public override string Configuration => model.Configuration;

        protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
        {
            Sizes.Add(images.shape[2]);
            return withAuxiliaries ? model.AllHeads(images) : new(new HeadOutput(GoogLeNet.MainHead, model.Logits(images)));
        }
    }
}
