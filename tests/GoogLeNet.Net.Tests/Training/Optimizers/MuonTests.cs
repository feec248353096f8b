using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Optimizers;

/// <summary>
/// Against closed forms: on a diagonal gradient the iteration acts on each singular value as a polynomial, and what a step does to singular values
/// shows in its second moments.
/// </summary>
[Collection(TorchCollection.Name)]
public sealed class MuonTests
{
    [Theory]
    [InlineData(3, 4, 1)]
    [InlineData(4, 3, 3)]
    [InlineData(4, 3, 5)]
    public void On_a_diagonal_gradient_a_step_is_a_polynomial_of_each_entry(int outputs, int inputs, int iterations)
    {
        double[] singular = [2, 0.5, 0.1];
        var norm = Math.Sqrt(singular.Sum(value => value * value));
        double Iterated(double value)
        {
            value /= norm;
            for (var i = 0; i < iterations; i++)
            {
                value = (3.4445 * value) - (4.7750 * Math.Pow(value, 3)) + (2.0315 * Math.Pow(value, 5));
            }

            return value;
        }

        var gradient = new float[outputs * inputs];
        for (var i = 0; i < singular.Length; i++)
        {
            gradient[(i * inputs) + i] = (float)singular[i];
        }

        var moved = Step(outputs, inputs, kernel: 1, gradient, new MuonOptions { Momentum = 0, Iterations = iterations, NormalizesFilters = false });

        for (var i = 0; i < moved.Length; i++)
        {
            moved[i].Should().BeApproximately(gradient[i] == 0 ? 0 : (float)Iterated(gradient[i]), 2e-5f, $"at {i}");
        }
    }

    [Theory]
    [InlineData(8, 16, 3)]
    [InlineData(16, 3, 1)]
    public void A_step_moves_all_directions_alike(int outputs, int inputs, int kernel)
    {
        using var scope = NewDisposeScope();
        var gradient = Arrays.Noise(outputs * inputs * kernel * kernel, seed: 5);

        var moved = Step(outputs, inputs, kernel, gradient, new MuonOptions { Momentum = 0, Iterations = 5, NormalizesFilters = false });

        var matrix = tensor(moved, [outputs, moved.Length / outputs]);
        matrix = outputs > matrix.shape[1] ? matrix.transpose(0, 1) : matrix;
        var (squares, _) = linalg.eigh(matrix.mm(matrix.transpose(0, 1)));
        squares.Floats().Should().OnlyContain(square => square > 0.4 && square < 1.6, "of singular values between about 0.68 and 1.13");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Each_of_several_layers_gets_the_polynomial_of_its_own_singular_values(int iterations)
    {
        using var scope = NewDisposeScope();
        using var network = nn.Sequential(
            ("wide", nn.Conv2d(9, 4, 1, bias: false)), ("tall", nn.Conv2d(4, 9, 1, bias: false)), ("other", nn.Conv2d(9, 5, 1, bias: false)),
            ("square", nn.Conv2d(4, 4, 1, bias: false)));
        using var flat = new FlatParameters(network);
        using var optimizer = new MuonOptions { Momentum = 0, Iterations = iterations, NormalizesFilters = false }.Create(flat);
        var gradients = network.parameters().Select((weight, i) => Arrays.NoiseTensor(i + 1, [.. weight.shape])).ToList();
        using (no_grad())
        {
            flat.Values.fill_(0);
            foreach (var (weight, gradient) in network.parameters().Zip(gradients))
            {
                weight.grad!.copy_(gradient);
            }
        }

        optimizer.Step(1);

        foreach (var (weight, gradient) in network.parameters().Zip(gradients))
        {
            // G = U·S·Vᵀ becomes U·p(S)·Vᵀ = U·(p(S) / S)·Uᵀ·G, where G·Gᵀ = U·S²·Uᵀ.
            var g = gradient.view(gradient.shape[0], -1).to(ScalarType.Float64);
            g = g / g.norm();
            g = g.shape[0] <= g.shape[1] ? g : g.transpose(0, 1);
            var (squares, directions) = linalg.eigh(g.mm(g.transpose(0, 1)));
            var singular = squares.sqrt();
            var moved = singular;
            for (var i = 0; i < iterations; i++)
            {
                moved = (moved * 3.4445) - (moved.pow(3) * 4.7750) + (moved.pow(5) * 2.0315);
            }

            var expected = (directions * (moved / singular)).mm(directions.transpose(0, 1)).mm(g);
            expected = gradient.shape[0] <= gradient.shape[1] ? expected : expected.transpose(0, 1);
            var error = Arrays.RelativeError((weight * -1).Floats(), [.. expected.to(ScalarType.Float32).Floats().Select(value => (double)value)]);
            error.Should().BeLessThan(1e-5, $"of ({string.Join(", ", weight.shape)})");
        }
    }

    [Fact]
    public void Filters_have_a_mean_norm_of_1_before_they_are_moved()
    {
        using var scope = NewDisposeScope();
        using var network = Reference.Network();
        using var flat = new FlatParameters(network);
        using var optimizer = new MuonOptions().Create(flat);
        Reference.SetGradients(network, 0);
        var before = Reference.Values(network);

        optimizer.Step(0);

        var after = Reference.Values(network);
        var scale = Math.Sqrt(2) / Math.Sqrt(before[..16].Sum(value => (double)value * value));
        Arrays.RelativeError(after[..16], [.. before[..16].Select(value => value * scale)]).Should().BeLessThan(1e-6);
        after[16..].Should().Equal(before[16..]);
    }

    [Fact]
    public void The_second_step_looks_ahead_along_the_filters_own_velocity()
    {
        using var scope = NewDisposeScope();
        using var network = nn.Sequential(("conv", nn.Conv2d(2, 2, 1, bias: false)));
        using var flat = new FlatParameters(network);
        using var optimizer = new MuonOptions { Momentum = 0.5, OtherMomentum = 0, NormalizesFilters = false, Iterations = 1 }.Create(flat);
        var moved = new List<float>();
        foreach (var (first, second) in new[] { (1f, 0f), (0f, 1f) })
        {
            using (no_grad())
            {
                flat.Values.fill_(0);
                network.parameters().Single().grad!.copy_(tensor(new[] { first, 0, 0, second }, [2, 2, 1, 1]));
            }

            optimizer.Step(1);
            moved.AddRange(network.parameters().Single().Floats());
        }

        // Gradients (1, 0) and (0, 1) on the diagonal: velocities (1, 0) and (0.5, 1), and g + 0.5 v is (1.5, 0) and (0.25, 1.5).
        float Moved(double value, double other)
        {
            var x = value / Math.Sqrt((value * value) + (other * other));
            return (float)-((3.4445 * x) - (4.7750 * Math.Pow(x, 3)) + (2.0315 * Math.Pow(x, 5)));
        }

        moved.Zip([Moved(1.5, 0), 0, 0, 0, Moved(0.25, 1.5), 0, 0, Moved(1.5, 0.25)])
            .Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-5);
    }

    [Fact]
    public void Everything_but_filters_moves_as_with_Nesterovs_momentum()
    {
        var muon = Reference.Run(new MuonOptions { OtherMomentum = 0.8, WeightDecay = 0.05, Groups = Reference.Groups });
        var sgd = Reference.Run(new SgdOptions { Momentum = 0.8, Nesterov = true, WeightDecay = 0.05, DecoupledWeightDecay = true, Groups = Reference.Groups });

        foreach (var (one, other) in muon.Zip(sgd))
        {
            Arrays.RelativeError(one[16..], [.. other[16..].Select(value => (double)value)]).Should().BeLessThan(1e-6);
        }
    }

    [Fact]
    public void Filters_of_a_frozen_group_stay_as_they_are()
    {
        using var network = Reference.Network();
        var start = Reference.Values(network);

        var end = Reference.Run(new MuonOptions { Groups = [new() { Keys = "conv.*", LearningRateFactor = 0 }] })[^1];

        end[..18].Should().Equal(start[..18]);
    }

    [Fact]
    public void A_gradient_of_zeros_moves_nothing()
    {
        var moved = Step(4, 3, 1, new float[12], new MuonOptions { Momentum = 0, NormalizesFilters = false });

        moved.Should().OnlyContain(value => value == 0);
    }

    /// <summary>How far the weights (O, I, k, k), row-major, move against their direction at a rate of 1.</summary>
    private static float[] Step(int outputs, int inputs, int kernel, float[] gradient, MuonOptions options)
    {
        using var scope = NewDisposeScope();
        using var network = nn.Sequential(("conv", nn.Conv2d(inputs, outputs, kernel, bias: false)));
        using var flat = new FlatParameters(network);
        using var optimizer = options.Create(flat);
        using (no_grad())
        {
            flat.Values.fill_(0);
            network.parameters().Single().grad!.copy_(tensor(gradient, [outputs, inputs, kernel, kernel]));
        }

        optimizer.Step(1);
        return [.. network.parameters().Single().Floats().Select(value => -value)];
    }
}
