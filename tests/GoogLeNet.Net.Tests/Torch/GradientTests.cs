using FluentAssertions;
using TorchSharp;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Torch;

/// <summary>What backward gives, against central differences in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class GradientTests
{
    private const double Step = 1e-6;

    private static readonly Dictionary<string, (Func<Tensor[], Tensor> Function, long[][] Shapes)> Cases = new()
    {
        ["conv2d"] = (x => F.conv2d(x[0], x[1], x[2], strides: [2], padding: [1]), [[2, 2, 5, 5], [3, 2, 3, 3], [3]]),
        ["conv2d in groups"] = (x => F.conv2d(x[0], x[1], dilation: [2], groups: 2), [[1, 4, 5, 5], [2, 2, 2, 2]]),
        ["max_pool2d"] = (x => F.max_pool2d(x[0], 3, 2, ceil_mode: true), [[1, 2, 6, 6]]),
        ["avg_pool2d"] = (x => F.avg_pool2d(x[0], 3, 2, 1), [[1, 2, 5, 5]]),
        ["adaptive_avg_pool2d"] = (x => F.adaptive_avg_pool2d(x[0], (2, 3)), [[1, 2, 5, 5]]),
        ["batch_norm"] = (x => F.batch_norm(x[0], null!, null!, x[1], x[2], training: true), [[3, 2, 2, 2], [2], [2]]),
        ["local_response_norm"] = (x => F.local_response_norm(x[0], 5, 0.5, 0.75, 2), [[1, 7, 2, 2]]),
        ["linear"] = (x => F.linear(x[0], x[1], x[2]), [[3, 4], [2, 4], [2]]),
        ["cat"] = (x => torch.cat([x[0], x[1]], 1), [[2, 2], [2, 3]]),
        ["split"] = (x => x[0].split([1, 3], 1)[1], [[2, 4]]),
        ["softmax cross entropy"] = (x => F.cross_entropy(x[0], torch.tensor(new long[] { 2, 0, 1 }), label_smoothing: 0.1), [[3, 4]]),
        ["relu"] = (x => F.relu(x[0]), [[3, 4]]),
        ["interpolate"] = (x => F.interpolate(x[0], [5, 7], mode: InterpolationMode.Bilinear), [[1, 2, 3, 3]]),
        ["pad"] = (x => F.pad(x[0], [1, 2, 0, 1], PaddingModes.Reflect), [[1, 2, 3, 3]]),
        ["softmax"] = (x => x[0].softmax(1), [[2, 3]]),
        ["index_select"] = (x => x[0].index_select(0, torch.tensor(new long[] { 1, 1, 0 })), [[2, 3]]),
    };

    public static TheoryData<string> Names => new(Cases.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_agrees_with_finite_differences(string name)
    {
        using var scope = torch.NewDisposeScope();
        var (function, shapes) = Cases[name];
        var inputs = shapes.Select(s => Scattered(s).requires_grad_()).ToArray();
        using (var loss = Loss(function(inputs)))
        {
            loss.backward();
        }

        foreach (var input in inputs)
        {
            var expected = Differences(() => Loss(function(inputs)), input);

            input.grad!.Values().Zip(expected).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 1e-6));
        }
    }

    [Fact]
    public void Gradients_add_up_until_they_are_cleared()
    {
        using var scope = torch.NewDisposeScope();
        var x = Vector(3).requires_grad_();

        x.mul(x).backward();
        x.mul(x).backward();
        var twice = x.grad!.Values();
        x.grad = null;

        twice.Should().Equal(12);
        x.grad.Should().BeNull();
    }

    [Fact]
    public void Backward_takes_a_weight_for_each_element()
    {
        using var scope = torch.NewDisposeScope();
        var x = Vector(1, 2, 3).requires_grad_();

        x.mul(x).backward([Vector(1, 10, 100)]);

        x.grad!.Values().Should().Equal(2, 40, 600);
    }

    [Fact]
    public void Modes_say_what_is_recorded()
    {
        using var scope = torch.NewDisposeScope();
        var x = Vector(1).requires_grad_();

        x.is_leaf.Should().BeTrue();
        x.mul(2).is_leaf.Should().BeFalse();
        x.detach().requires_grad.Should().BeFalse();
        using (torch.no_grad())
        {
            torch.is_grad_enabled().Should().BeFalse();
            x.mul(2).requires_grad.Should().BeFalse();
            using (torch.enable_grad())
            {
                x.mul(2).requires_grad.Should().BeTrue();
            }
        }
        using (torch.inference_mode())
        {
            torch.is_inference_mode_enabled().Should().BeTrue();
            x.mul(2).requires_grad.Should().BeFalse();
        }
        using (torch.set_grad_enabled(false))
        {
            x.mul(2).requires_grad.Should().BeFalse();
        }

        torch.is_inference_mode_enabled().Should().BeFalse();
        torch.is_grad_enabled().Should().BeTrue();
    }

    /// <summary>A sum with a different weight for each element, so that no two gradients can be mixed up.</summary>
    private static Tensor Loss(Tensor output) => output.mul(Counted(output.shape).add(0.5).sqrt()).sum();

    private static double[] Differences(Func<Tensor> loss, Tensor input)
    {
        using var none = torch.no_grad();
        using var flat = input.view(-1);
        var elements = flat.data<double>();
        return Enumerable.Range(0, (int)elements.Count).Select(i => (At(i, Step) - At(i, -Step)) / (2 * Step)).ToArray();

        double At(int index, double shift)
        {
            var before = elements[index];
            elements[index] = before + shift;
            using var scope = torch.NewDisposeScope();
            var value = loss().item<double>();
            elements[index] = before;
            return value;
        }
    }
}
