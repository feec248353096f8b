using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class WeightInitializationTests
{
    [Theory]
    [InlineData(WeightInitializer.CaffeXavier)]
    [InlineData(WeightInitializer.GlorotUniform)]
    [InlineData(WeightInitializer.HeUniform)]
    [InlineData(WeightInitializer.TruncatedNormal)]
    public void The_seed_decides_the_weights(WeightInitializer initializer)
    {
        var spec = GoogLeNetTests.Small() with { Blocks = new() { Weights = initializer } };
        using var first = GoogLeNet.Create(10, spec, seed: 7);
        using var again = GoogLeNet.Create(10, spec, seed: 7);
        using var other = GoogLeNet.Create(10, spec, seed: 8);

        foreach (var (name, values) in Weights(first))
        {
            Weights(again)[name].Should().Equal(values, name);
            Weights(other)[name].Should().NotEqual(values, name);
        }
    }

    [Fact]
    public void Weights_do_not_depend_on_what_was_drawn_before_them()
    {
        manual_seed(1);
        using var whole = GoogLeNet.Create(10, GoogLeNetTests.Small());
        manual_seed(2);
        using var withoutHeads = GoogLeNet.Create(10, GoogLeNetTests.Small() with { Auxiliaries = [] });

        foreach (var (name, values) in Weights(withoutHeads))
        {
            Weights(whole)[name].Should().Equal(values, name);
        }
    }

    [Fact]
    public void Layers_of_equal_shape_are_drawn_independently()
    {
        using var model = GoogLeNet.Create(10, GoogLeNetTests.Small());
        var weights = Weights(model);
        float[] a = weights["aux1.fc2.weight"], b = weights["aux2.fc2.weight"];

        var correlation = a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => y * y));
        correlation.Should().BeInRange(-0.4, 0.4); // 80 pairs: a deviation of 0.11 if independent
    }

    [Theory]
    [InlineData(Branch5x5.Conv5x5)]
    [InlineData(Branch5x5.TwoConv3x3)]
    public void Identity_filters_pass_the_inputs_on_and_the_rest_are_drawn(Branch5x5 branch)
    {
        using var scope = NewDisposeScope();
        var spec = new InceptionSpec("3b", 8, 6, 10, 9, 4, 8);
        using var drawn = new InceptionModule(spec, 16, new BlockOptions { Branch5x5 = branch });
        using var identity = new InceptionModule(spec, 16, new BlockOptions { Branch5x5 = branch, IdentityFilters = true });

        foreach (var (name, parameter) in identity.named_parameters().Where(named => named.name.EndsWith("conv.weight", StringComparison.Ordinal)))
        {
            var others = drawn.named_parameters().Single(named => named.name == name).parameter.detach();
            var own = parameter.detach();
            if (own.shape[2] == 1)
            {
                own.Floats().Should().Equal(others.Floats(), $"{name} is 1×1");
                continue;
            }

            // Of a convolution that changes nothing, its first outputs are its inputs, as far as it has outputs.
            var count = Math.Min(own.shape[0], own.shape[1]);
            var images = randn(2, own.shape[1], 5, 5);
            var output = nn.functional.conv2d(images, own, padding: [own.shape[2] / 2, own.shape[2] / 2]);
            Arrays.RelativeError(output.narrow(1, 0, count).Floats(), [.. images.narrow(1, 0, count).Floats().Select(value => (double)value)])
                .Should().BeLessThan(1e-6, name);
            var first = (int)(count * own.numel() / own.shape[0]);
            own.Floats()[first..].Should().Equal(others.Floats()[first..], name);
        }
    }

    [Theory]
    [InlineData(WeightInitializer.GlorotUniform, 6.0 / ((128 * 9) + (192 * 9)), "√(6 / (fan in + fan out)), fans counted over the window")]
    [InlineData(WeightInitializer.CaffeXavier, 3.0 / (128 * 9), "√(3 / fan in)")]
    [InlineData(WeightInitializer.HeUniform, 6.0 / (128 * 9), "√(6 / fan in)")]
    public void Convolution_weights_have_the_initializers_bound_mean_and_deviation(WeightInitializer initializer, double squaredBound, string reason)
    {
        using var block = new InceptionModule(new InceptionSpec("3b", 8, 128, 192, 8, 8, 8), 16, new BlockOptions { Weights = initializer });
        var weight = block.named_parameters().Single(p => p.name == "branch2.1.conv.weight").parameter.Floats(); // 192×128×3×3

        IsUniform(weight, Math.Sqrt(squaredBound), reason);
    }

    [Theory]
    [InlineData(WeightInitializer.GlorotUniform, 6.0 / (2048 + 1024))]
    [InlineData(WeightInitializer.CaffeXavier, 3.0 / 2048)]
    [InlineData(WeightInitializer.HeUniform, 6.0 / 2048)]
    public void Fully_connected_weights_too(WeightInitializer initializer, double squaredBound)
    {
        using var head = new AuxiliaryClassifier(new AuxiliarySpec("aux1", "4a"), 4, 14, 10, new BlockOptions { Weights = initializer });

        IsUniform(head.named_parameters().Single(p => p.name == "fc1.weight").parameter.Floats(), Math.Sqrt(squaredBound), "fc1");
    }

    [Fact]
    public void Truncated_normal_weights_have_torchvisions_bound_mean_and_deviation()
    {
        var weight = TruncatedNormalWeights();

        // The cut at ±2 leaves a variance of 1 − 4·φ(2) / (Φ(2) − Φ(−2)) = 0.773741 and a fourth moment of 1.416189.
        const double Variance = 0.773741e-4, FourthMoment = 1.416189e-8;
        weight.Max().Should().BeInRange(0.01999f, 0.02f);
        weight.Min().Should().BeInRange(-0.02f, -0.01999f);
        weight.Average(value => (double)value).Should().BeApproximately(0, 5 * Math.Sqrt(Variance / weight.Length));
        weight.Average(value => (double)value * value).Should()
            .BeApproximately(Variance, 5 * Math.Sqrt((FourthMoment - (Variance * Variance)) / weight.Length));
    }

    [Fact]
    public void Truncated_normal_weights_have_the_normal_distributions_shape()
    {
        var weight = TruncatedNormalWeights();

        // (Φ(0.5 + i/2) − Φ(i/2)) / (Φ(2) − Φ(−2)) for the cells from 0, 0.5, 1 and 1.5 deviations; the negative ones mirror them.
        double[] cells = [0.2005893, 0.1570271, 0.0962264, 0.0461572];
        var counts = weight.GroupBy(value => (int)Math.Floor(value / 0.005)).ToDictionary(group => group.Key, group => group.Count());
        var chiSquare = Enumerable.Range(-4, 8).Sum(cell =>
        {
            var expected = cells[cell < 0 ? -1 - cell : cell] * weight.Length;
            return (counts[cell] - expected) * (counts[cell] - expected) / expected;
        });
        chiSquare.Should().BeLessThan(24.3); // 7 degrees of freedom, p = 0.001
    }

    [Fact]
    public void The_tutorials_biases_are_0_2_in_the_first_convolution_and_the_blocks_and_0_elsewhere()
    {
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.Tutorial);
        foreach (var (name, parameter) in model.named_parameters().Where(p => p.name.EndsWith("bias")))
        {
            var expected = name.StartsWith("conv1.") || name.StartsWith("inception") ? 0.2f : 0f;
            parameter.Floats().Should().OnlyContain(value => value == expected, name);
        }
    }

    [Fact]
    public void The_papers_heads_have_biases_of_0_2_but_for_the_classifiers()
    {
        var small = GoogLeNetTests.Small();
        using var model = GoogLeNet.Create(10, small with { Auxiliaries = [small.Auxiliaries[0] with { Bias = 0.2 }] });
        float[] Bias(string key) => model.named_parameters().Single(p => p.name == $"{key}.bias").parameter.Floats();

        Bias("aux1.conv.conv").Should().OnlyContain(value => value == 0.2f);
        Bias("aux1.fc1").Should().OnlyContain(value => value == 0.2f);
        Bias("aux1.fc2").Should().OnlyContain(value => value == 0f);
        Bias("fc").Should().OnlyContain(value => value == 0f);
        GoogLeNetSpec.Paper.Auxiliaries.Should().OnlyContain(head => head.Bias == 0.2);
    }

    private static void IsUniform(float[] values, double bound, string reason)
    {
        // Of n uniform values the mean deviates by b/√(3n), the mean square by (2/√45)·b²/√n; 5 deviations never happen.
        var root = Math.Sqrt(values.Length);
        values.Max(Math.Abs).Should().BeInRange((float)(bound * 0.999), (float)(bound * 1.000001), reason);
        values.Average().Should().BeInRange((float)(-5 * bound / Math.Sqrt(3) / root), (float)(5 * bound / Math.Sqrt(3) / root), reason);
        values.Average(value => (double)value * value).Should().BeApproximately(bound * bound / 3, 5 * 0.3 * bound * bound / root, reason);
    }

    private static float[] TruncatedNormalWeights()
    {
        var options = new BlockOptions { Weights = WeightInitializer.TruncatedNormal };
        using var block = new InceptionModule(new InceptionSpec("3b", 8, 128, 192, 8, 8, 8), 16, options);
        return block.named_parameters().Single(p => p.name == "branch2.1.conv.weight").parameter.Floats(); // 192×128×3×3
    }

    private static Dictionary<string, float[]> Weights(GoogLeNet model) =>
        model.named_parameters().Where(p => p.name.EndsWith("weight")).ToDictionary(p => p.name, p => p.parameter.Floats());
}
