using FluentAssertions;
using Inception.Training;
using Xunit;

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

    [Fact]
    public void Images_with_another_number_of_channels_are_refused_with_what_fits()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var grey = Tiny.Noise(4, channels: 1);

        new MultiHeadTrainer(model).Invoking(t => t.Fit(grey)).Should().Throw<ArgumentException>().WithMessage("*'tiny' takes (N, 3, H, W)*");
    }

    [Fact]
    public void By_default_images_are_resized_to_what_the_model_takes_and_scaled()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var large = Tiny.Noise(4, size: 20);

        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1 }).Fit(large, large).Epochs.Should().ContainSingle();
    }
}
