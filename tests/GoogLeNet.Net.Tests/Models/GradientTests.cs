using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class GradientTests
{
    [Theory]
    [InlineData("paper")]
    [InlineData("tutorial")]
    [InlineData("torchvision")]
    [InlineData("cifar")]
    [InlineData("cifar-small")]
    public void Every_parameter_of_a_preset_gets_a_finite_gradient_other_than_zero(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.FromName(preset));
        using var output = model.call(Images(model));
        Loss(output, "main", "aux1", "aux2").backward();

        Sizes(model).Should().OnlyContain(entry => float.IsFinite(entry.Value) && entry.Value > 0);
    }

    [Theory]
    [InlineData("paper")]
    [InlineData("tutorial")]
    [InlineData("torchvision")]
    [InlineData("cifar")]
    [InlineData("cifar-small")]
    public void Each_heads_loss_alone_reaches_the_first_convolution_and_nothing_behind_it(string preset)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.FromName(preset));
        using var output = model.call(Images(model));
        foreach (var (head, last, behind) in new (string, string, string[])[]
        {
            ("main", "inception5b", ["aux1", "aux2"]),
            ("aux1", "inception4a", ["inception4b", "aux2", "fc"]),
            ("aux2", "inception4d", ["inception4e", "aux1", "fc"]),
        })
        {
            Loss(output, head).backward(retain_graph: true);

            var reached = Sizes(model).Where(entry => entry.Value > 0).Select(entry => entry.Key.Split('.')[0]).ToHashSet();
            reached.Should().Contain(["conv1", last, head == "main" ? "fc" : head]).And.NotIntersectWith(behind);
            foreach (var parameter in model.parameters())
            {
                parameter.grad = null;
            }
        }
    }

    [Fact]
    public void The_gradient_of_the_first_convolution_is_the_slope_of_the_loss()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetTests.Small());
        model.eval(); // no dropout
        var images = Arrays.NoiseTensor(1, 4, 3, 16, 16);
        double At() => Loss(model.AllHeads(images), "main", "aux1", "aux2").item<float>();
        Loss(model.AllHeads(images), "main", "aux1", "aux2").backward();
        var weight = model.named_parameters().Single(p => p.name == "conv1.conv.weight").parameter;
        var gradient = weight.grad!.Floats();
        var values = weight.Floats();
        var direction = gradient.Select(value => value / (float)Math.Sqrt(gradient.Sum(g => g * g))).ToArray();

        double Moved(float by)
        {
            using var frozen = no_grad();
            weight.copy_(tensor([.. values.Zip(direction, (v, d) => v + (by * d))], weight.shape));
            return At();
        }

        // Along its own direction the slope is the gradient's length.
        var slope = (Moved(0.01f) - Moved(-0.01f)) / 0.02;
        slope.Should().BeApproximately(Math.Sqrt(gradient.Sum(g => (double)g * g)), 0.05 * slope);
    }

    // Batch statistics at the end of the trunk need more than one image, and at 1×1 pixels more than two.
    private static Tensor Images(GoogLeNet model) => Arrays.NoiseTensor(1, model.InputSize > 32 ? 2 : 4, 3, model.InputSize, model.InputSize);

    // The sum of absolute gradients by parameter, 0 where there is none.
    private static Dictionary<string, float> Sizes(GoogLeNet model) => model.named_parameters().ToDictionary(
        named => named.name, named => named.parameter.grad is { } gradient ? gradient.abs().sum().item<float>() : 0);

    private static Tensor Loss(MultiHeadOutput output, params string[] heads)
    {
        var labels = tensor(new long[] { 0, 3, 7, 9 }).narrow(0, 0, output.Logits.shape[0]);
        return heads.Select(head => nn.functional.cross_entropy(output[head], labels)).Aggregate((sum, loss) => sum + loss);
    }
}
