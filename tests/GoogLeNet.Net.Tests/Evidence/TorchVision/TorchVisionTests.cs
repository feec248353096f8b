using FluentAssertions;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evidence.TorchVision;

/// <summary>The TorchVision preset computes what torchvision's googlenet computes: three heads, gradients, running statistics, SGD.</summary>
[Collection(TorchCollection.Name)]
public sealed class TorchVisionTests : IDisposable
{
    private static readonly Expected Reference = Expected.Read();
    private static readonly long[] Shape = [4, 3, 80, 72];

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly Tensor images = tensor(ClosedForm.Noise("images", 4 * 3 * 80 * 72), Shape);
    private readonly Tensor labels = tensor(new long[] { 0, 3, 7, 9 });
    private readonly GoogLeNet model = GoogLeNet.Create(10, GoogLeNetSpec.TorchVision with
    {
        Dropout = 0,
        Auxiliaries = [.. GoogLeNetSpec.TorchVision.Auxiliaries.Select(head => head with { Dropout = 0 })],
        Blocks = GoogLeNetSpec.TorchVision.Blocks with { Weights = WeightInitializer.HeUniform }, // overwritten: the one drawn fastest
    });

    public TorchVisionTests() => ClosedForm.Fill(model);

    public void Dispose()
    {
        model.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void The_preset_drops_what_torchvision_drops()
    {
        var spec = GoogLeNetSpec.TorchVision;

        spec.Auxiliaries.ToDictionary(head => head.Name, head => head.Dropout).Append(new("main", spec.Dropout))
            .Should().BeEquivalentTo(Reference.Dropouts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_head_gives_its_logits_in_training_and_in_evaluation(bool training)
    {
        using var frozen = no_grad();
        model.train(training);

        using var output = model.AllHeads(images);

        foreach (var (head, expected) in training ? Reference.Training : Reference.Evaluation)
        {
            Arrays.RelativeError(output[head].Floats(), expected).Should().BeLessThan(1e-4, head);
        }
    }

    [Fact]
    public void Every_parameter_gets_its_gradient()
    {
        // In float64: one activation on the other side of ReLU's kink would move a narrow layer's gradient by more than the bound.
        model.to(ScalarType.Float64);
        TotalLoss(images.to(ScalarType.Float64)).backward();

        AgreeWith(Reference.Gradients, model.named_parameters().ToDictionary(named => named.name, named => named.parameter.grad!));
    }

    [Fact]
    public void A_pass_in_training_mode_moves_the_running_statistics()
    {
        using var frozen = no_grad();
        using var output = model.call(images);

        var buffers = model.named_buffers().ToLookup(named => named.buffer.ndim > 0);
        AgreeWith(Reference.RunningStatistics, buffers[true].ToDictionary(named => named.name, named => named.buffer));
        buffers[false].Should().HaveCount(59).And.OnlyContain(counter => counter.buffer.item<long>() == 1);
    }

    [Fact]
    public void Five_steps_of_SGD_give_its_losses()
    {
        using var parameters = new FlatParameters(model);
        using var sgd = new Sgd(parameters, new SgdOptions { Momentum = 0.9 });
        var losses = new List<float>();
        foreach (var _ in Reference.Losses)
        {
            using var step = NewDisposeScope();
            var loss = TotalLoss(images);
            losses.Add(loss.item<float>());
            loss.backward();
            sgd.Step(3e-5);
        }

        losses.Should().HaveCount(6);
        losses.Zip(Reference.Losses, (actual, expected) => Math.Abs(actual - expected) / expected).Should().OnlyContain(error => error < 1e-3);
    }

    private Tensor TotalLoss(Tensor batch)
    {
        using var output = model.call(batch);
        return model.Heads.Select(head => nn.functional.cross_entropy(output[head.Name], labels) * head.Weight)
            .Aggregate((sum, loss) => sum + loss);
    }

    // The norm is blind to order and sign; the sum against the closed form's noise, about as large, is not.
    private static void AgreeWith(Dictionary<string, double[]> expected, Dictionary<string, Tensor> actual)
    {
        actual.Keys.Should().BeEquivalentTo(expected.Keys);
        foreach (var (key, tensor) in actual)
        {
            var values = tensor.to(ScalarType.Float64).contiguous().data<double>().ToArray();
            var norm = Math.Sqrt(values.Sum(value => value * value));
            var sum = values.Zip(ClosedForm.Noise($"digest {key}", values.Length), (value, noise) => value * noise).Sum();

            norm.Should().BeApproximately(expected[key][0], 1e-4 * expected[key][0], key);
            sum.Should().BeApproximately(expected[key][1], 1e-4 * expected[key][0], key);
        }
    }
}
