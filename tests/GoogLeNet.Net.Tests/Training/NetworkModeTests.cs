using FluentAssertions;
using Inception.Data;
using Inception.Tests.Transforms;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

/// <summary>The mode in which a network is trained and measured, as the network sees it.</summary>
[Collection(TorchCollection.Name)]
public sealed class NetworkModeTests
{
    private static readonly TrainerOptions Options = new() { Epochs = 1, BatchSize = 5 };

    [Fact]
    public void A_network_is_trained_with_gradients_and_validated_without_in_evaluation_mode()
    {
        using var data = Tiny.Noise(10, size: 2);
        using var model = new SeeingModel();

        new MultiHeadTrainer(model, Options).Fit(data, data);

        model.Seen.Should().Equal((true, true), (true, true), (false, false), (false, false));
    }

    [Fact]
    public void A_network_is_measured_without_gradients_in_evaluation_mode_and_gradients_are_on_again_afterwards()
    {
        using var data = Tiny.Noise(10, size: 2);
        using var model = new SeeingModel();
        model.train();

        new MultiHeadTrainer(model, Options).Evaluate(data);

        model.Seen.Should().Equal((false, false), (false, false));
        is_grad_enabled().Should().BeTrue();
    }

    [Fact]
    public void A_trained_network_is_measured_on_oblong_images_of_that_size_with_the_transforms_that_it_was_trained_with()
    {
        using var data = new TensorDataset(Images.Batch(1, 12, 3, 8, 12), tensor([.. Enumerable.Range(0, 12).Select(n => n % 3L)]), ["a", "b", "c"]);
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0));
        IBatchTransform[] transforms = [new Normalize([120, 121, 122], [60, 61, 62])];
        var options = Options with { TrainTransforms = transforms, ValidationTransforms = transforms };
        new MultiHeadTrainer(model, options).Fit(data);

        new MultiHeadTrainer(model, Options).Evaluate(data).Should().Equal(new MultiHeadTrainer(model, options).Evaluate(data));
    }

    private sealed class SeeingModel : MultiHeadModel
    {
        private readonly LinearModel layers = new(12, 3, Tiny.ThreeHeads);

        public SeeingModel()
            : base(nameof(SeeingModel)) => register_module(nameof(layers), layers);

        /// <summary>Of each pass whether it was in training mode and whether gradients were kept.</summary>
        public List<(bool Training, bool Gradients)> Seen { get; } = [];

        public override IReadOnlyList<Head> Heads => layers.Heads;

        public override int InputSize => layers.InputSize;

        public override int NumClasses => layers.NumClasses;

        public override string Configuration => layers.Configuration;

        protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
        {
            Seen.Add((training, is_grad_enabled()));
            return layers.AllHeads(images);
        }
    }
}
