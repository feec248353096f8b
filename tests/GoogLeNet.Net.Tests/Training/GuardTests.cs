using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

[Collection(TorchCollection.Name)]
public sealed class GuardTests
{
    public static TheoryData<Head[], string> ImpossibleHeads => new()
    {
        { [], "The model has no heads; it must have at least one." },
        { [new("main", 1), new("aux1", 0)], "The weight of head 'aux1' is 0; it must be a finite number more than 0." },
        { [new("main", 1), new("aux1", -0.3)], "The weight of head 'aux1' is -0.3; it must be a finite number more than 0." },
        { [new("main", double.NaN)], "The weight of head 'main' is NaN; it must be a finite number more than 0." },
        { [new("main", double.PositiveInfinity)], "The weight of head 'main' is Infinity; it must be a finite number more than 0." },
        { [new("main", 1), new("a", 1), new("a", 1)], "Two heads are named 'a'; names must be unique." },
    };

    [Theory]
    [MemberData(nameof(ImpossibleHeads))]
    public void Heads_that_cannot_be_trained_are_refused_at_once(Head[] heads, string message)
    {
        using var model = new LinearModel(12, 3, heads);

        FluentActions.Invoking(() => new MultiHeadTrainer(model)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void A_data_set_with_another_number_of_classes_is_refused()
    {
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        using var right = Tiny.Noise(4, classes: 3, size: 2);
        using var wrong = Tiny.Noise(4, classes: 4, size: 2);
        var trainer = new MultiHeadTrainer(model);
        const string message = "The data set has 4 classes and the model 3; they must agree.*";

        trainer.Invoking(t => t.Fit(wrong)).Should().Throw<ArgumentException>().WithMessage(message);
        trainer.Invoking(t => t.Fit(right, wrong)).Should().Throw<ArgumentException>().WithMessage(message);
        trainer.Invoking(t => t.Evaluate(wrong)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    public static TheoryData<TrainerOptions, string> ImpossibleOptions => new()
    {
        { new() { BatchSize = 4, MicroBatchSize = 3 }, "MicroBatchSize is 3; it must divide BatchSize, which is 4." },
        { new() { BatchSize = 4, Losses = new Dictionary<string, IHeadLoss> { ["aux3"] = new CrossEntropy() } }, "Losses names the head 'aux3'; the model's heads are main, aux1, aux2." },
        { Weighted("aux3", 1), "HeadWeights names the head 'aux3'; the model's heads are main, aux1, aux2." },
        { Weighted("aux1", 0), "The weight of head 'aux1' is 0 in epoch 1, step 1; it must be a finite number more than 0." },
        { Weighted("aux1", -0.3), "The weight of head 'aux1' is -0.3 in epoch 1, step 1; it must be a finite number more than 0." },
        { Weighted("main", double.NaN), "The weight of head 'main' is NaN in epoch 1, step 1; it must be a finite number more than 0." },
        { new() { BatchSize = 4, Schedule = new Fixed(double.NaN) }, "The learning rate is NaN in epoch 1, step 1; it must be a finite number, 0 or more." },
        { new() { BatchSize = 4, Schedule = new Fixed(-1) }, "The learning rate is -1 in epoch 1, step 1; it must be a finite number, 0 or more." },
    };

    [Theory]
    [InlineData(2, "2")]
    [InlineData(null, "null")]
    public void A_schedule_that_looks_at_every_epochs_validation_is_refused_where_epochs_have_none(int? interval, string written)
    {
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);

        FluentActions.Invoking(() => new MultiHeadTrainer(model, new() { Schedule = new ReduceOnPlateau(0.1), ValidationInterval = interval }))
            .Should().Throw<ArgumentException>().WithMessage($"ValidationInterval is {written}; it must be 1 with ReduceOnPlateau, which looks at every epoch's validation.");
    }

    [Theory]
    [MemberData(nameof(ImpossibleOptions))]
    public void Options_that_do_not_fit_the_model_or_the_data_are_refused_before_the_first_step(TrainerOptions options, string message)
    {
        using var data = Tiny.Noise(4, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);
        var before = model.Weight(0);

        FluentActions.Invoking(() => new MultiHeadTrainer(model, options).Fit(data)).Should().Throw<ArgumentException>().WithMessage(message);
        model.Weight(0).Should().Equal(before);
    }

    [Theory]
    [InlineData(-1, "-1 to 2")]
    [InlineData(3, "0 to 3")]
    public void Labels_outside_the_classes_are_refused(long label, string range)
    {
        using var labels = tensor([0L, 1, 2, label]);
        using var data = Tiny.Noise(4, size: 2);
        using var model = new LinearModel(12, 3, Tiny.ThreeHeads);

        new MultiHeadTrainer(model, new() { BatchSize = 4 }).Invoking(t => t.Fit(new Relabelled(data, labels))).Should().Throw<ArgumentException>()
            .WithMessage($"Labels must be 0 to 2 with 3 classes; they reach from {range}.*");
    }

    [Fact]
    public void Images_with_another_number_of_channels_are_refused_with_what_fits()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var grey = Tiny.Noise(4, channels: 1);

        new MultiHeadTrainer(model, new TrainerOptions { BatchSize = 4 }).Invoking(t => t.Fit(grey)).Should().Throw<ArgumentException>().WithMessage("The images have 1 channel; 'tiny' takes 3.*");
    }

    [Fact]
    public void By_default_images_are_resized_to_what_the_model_takes_and_scaled()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var large = Tiny.Noise(4, size: 20);

        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 4 }).Fit(large, large).Epochs.Should().ContainSingle();
    }

    private static TrainerOptions Weighted(string head, double weight) => new()
    {
        BatchSize = 4,
        HeadWeights = new Dictionary<string, ILearningRateSchedule> { [head] = new Fixed(weight) },
    };

    private sealed record Fixed(double Value) : ILearningRateSchedule
    {
        public double At(TrainingPosition position) => Value;
    }

    private sealed class Relabelled(IImageDataset data, Tensor labels) : IImageDataset
    {
        public long Count => data.Count;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public ImageShape Shape => data.Shape;

        public Device Device => data.Device;

        public Tensor Labels => labels;

        public Tensor Read(IReadOnlyList<long> indices, CancellationToken cancellationToken = default) => data.Read(indices, cancellationToken);
    }
}
