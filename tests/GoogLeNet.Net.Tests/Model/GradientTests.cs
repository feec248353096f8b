using FluentAssertions;
using Inception.Architecture;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class GradientTests
{
    [Fact]
    public void Every_parameter_of_cifar_small_gets_a_gradient()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.CifarSmall);
        Loss(model.call(Arrays.NoiseTensor(1, 4, 3, 32, 32)), "main", "aux1", "aux2").backward();

        foreach (var (name, parameter) in model.named_parameters())
        {
            var gradient = parameter.grad!.Floats();
            gradient.Should().OnlyContain(value => float.IsFinite(value), name);
            gradient.Should().Contain(value => value != 0, name);
        }
    }

    [Theory]
    [InlineData("main", "inception5b", "aux1", "aux2")]
    [InlineData("aux1", "inception4a", "inception4b", "aux2", "fc")]
    [InlineData("aux2", "inception4d", "inception4e", "aux1", "fc")]
    public void Each_heads_loss_alone_reaches_the_first_convolution_and_nothing_behind_it(string head, string last, params string[] behind)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.CifarSmall);
        Loss(model.call(Arrays.NoiseTensor(1, 4, 3, 32, 32)), head).backward();
        bool Reached(string key) => model.named_parameters().Where(p => p.name.StartsWith($"{key}."))
            .All(p => p.parameter.grad is { } gradient && gradient.Floats().Any(value => value != 0));

        Reached("conv1").Should().BeTrue();
        Reached(last).Should().BeTrue();
        behind.Where(Reached).Should().BeEmpty();
    }

    [Fact]
    public void The_gradient_of_the_first_convolution_is_the_slope_of_the_loss()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetTests.Small());
        model.eval(); // no dropout
        var images = Arrays.NoiseTensor(1, 4, 3, 16, 16);
        double At() => Loss(model.Forward(images, auxiliaries: true), "main", "aux1", "aux2").item<float>();
        Loss(model.Forward(images, auxiliaries: true), "main", "aux1", "aux2").backward();
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

    private static Tensor Loss(MultiHeadOutput output, params string[] heads)
    {
        var labels = tensor(new long[] { 0, 3, 7, 9 });
        return heads.Select(head => nn.functional.cross_entropy(output[head], labels)).Aggregate((sum, loss) => sum + loss);
    }
}
