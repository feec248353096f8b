using Cifar10Training.Recipes;
using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Samples;

/// <summary>
/// What the smoke recipe trains. Measured on all 10,000 test images, since on the recipe's own 400 the sampling alone scatters by 2.4 points; a mean of three seeds, since two runs that
/// round differently drift apart as runs of two seeds do.
/// </summary>
[Collection(SampleCollection.Name)]
[Trait("Category", "RealData")]
public sealed class SmokeRecipeTests
{
    private const int Seeds = 3;

    [Fact]
    public async Task In_bfloat16_it_lands_within_two_points_of_float32()
    {
        using var cifar = await Cifar10.LoadAsync();
        var difference = 0.0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            using var train = cifar.Train.TakeStratified(BuiltInRecipes.Smoke.Limit!.Value, seed);
            // Both at once: so small a network gains little by a second thread.
            var accuracies = await Task.WhenAll(((Precision[])[Precision.Float32, Precision.BFloat16]).Select(precision =>
                Task.Factory.StartNew(() => Accuracy(precision, seed, train, cifar.Test), TaskCreationOptions.LongRunning)));
            difference += (accuracies[1] - accuracies[0]) / Seeds;
        }

        difference.Should().BeApproximately(0, 2);
    }

    [Fact]
    public async Task Compiled_it_names_the_same_class_for_every_test_image()
    {
        using var scope = NewDisposeScope();
        using var cifar = await Cifar10.LoadAsync();
        using var train = cifar.Train.TakeStratified(BuiltInRecipes.Smoke.Limit!.Value, seed: 0);
        using var model = GoogLeNet.Create(10, BuiltInRecipes.Smoke.Spec, seed: 0);
        new MultiHeadTrainer(model, BuiltInRecipes.Smoke.Trainer with { Epochs = 1 }).Fit(train);
        using var compiled = model.Compile();
        using var frozen = no_grad();
        var images = Arrays.ChannelsLast(cifar.Test.Images.to(ScalarType.Float32) / 64 - 2);

        var own = images.split(1000).Select(part => compiled.Logits(part).argmax(1)).ToArray();
        var expected = images.split(1000).Select(part => model.Logits(part).argmax(1)).ToArray();

        cat(own).data<long>().ToArray().Should().Equal(cat(expected).data<long>().ToArray());
    }

    // In percent.
    private static double Accuracy(Precision precision, int seed, TensorDataset train, TensorDataset test)
    {
        set_num_threads(1);
        using var model = GoogLeNet.Create(10, BuiltInRecipes.Smoke.Spec, seed: seed);
        var trainer = new MultiHeadTrainer(model, BuiltInRecipes.Smoke.Trainer with { Seed = seed, Precision = precision });
        trainer.Fit(train);
        return 100 * trainer.Evaluate(test)[0].Accuracy;
    }
}
