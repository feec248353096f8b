using FluentAssertions;
using Inception.Evaluation;
using Inception.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

[Collection(TorchCollection.Name)]
public sealed class PredictorThreadTests
{
    [Fact]
    public void Many_threads_get_what_one_gets_and_the_mode_comes_back()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        network.train();
        var predictor = new Predictor(network);
        var batches = Enumerable.Range(0, 8).Select(i => Tiny.Noise(1 + (i % 3), seed: i + 1)).ToArray();
        var expected = batches.Select(batch => Probabilities(predictor, batch.Images)).ToArray();

        Parallel.For(0, 160, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Probabilities(predictor, batches[i % 8].Images).Should().Equal(expected[i % 8], NearlyEqual));

        network.modules().Prepend(network).Should().OnlyContain(module => module.training, "as before the first prediction");
    }

    [Fact]
    public void One_of_two_nested_uses_does_not_end_the_other()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        network.train();
        var (first, second) = (new EvaluationMode([network]), new EvaluationMode([network]));

        first.Dispose();
        network.training.Should().BeFalse();
        second.Dispose();

        network.training.Should().BeTrue();
    }

    [Fact]
    public void A_single_image_is_a_batch_of_one()
    {
        using var scope = NewDisposeScope();
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        using var data = Tiny.Noise(2);
        var predictor = new Predictor(network);

        var one = predictor.Predict(data.Images.select(0, 1));

        one.shape.Should().Equal(3);
        one.data<double>().ToArray().Should().Equal(predictor.Predict(data.Images.narrow(0, 1, 1)).data<double>().ToArray());
    }

    [Fact]
    public void It_works_in_inference_mode_and_returns_an_ordinary_tensor()
    {
        using var scope = NewDisposeScope();
        using var model = new TableModel([[1, 2, 3]]);
        var modes = new List<bool>();
        model.Seen = _ => modes.Add(is_inference_mode_enabled());

        var probabilities = new Predictor(model).Predict(zeros(2, 1, 1, 1, dtype: ScalarType.Byte));

        modes.Should().Equal(true);
        is_inference_mode_enabled().Should().BeFalse();
        var weight = ones_like(probabilities).requires_grad_(true);
        (weight * probabilities).sum().backward();
        weight.grad!.data<double>().ToArray().Should().Equal(probabilities.data<double>().ToArray());
    }

    /// <summary>Where a tensor happens to lie in memory decides how a kernel groups its sums; threads change that, another batch's result it is not.</summary>
    private static bool NearlyEqual(double left, double right) => Math.Abs(left - right) < 1e-6;

    private static double[] Probabilities(Predictor predictor, Tensor images)
    {
        using var probabilities = predictor.Predict(images);
        return probabilities.data<double>().ToArray();
    }
}
