using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Distributed;

/// <summary>Gradients that are added up in bfloat16: the default of every collective, and in parts as over MPI.</summary>
[Collection(TorchCollection.Name)]
public sealed class ReducePrecisionTests : SharedRun
{
    // bfloat16 has 8 significant bits: rounding to nearest is off by this part of a number at most.
    private const double Rounding = 1 / 256.0;

    private static readonly TrainerOptions Rounded = Options with { ReducePrecision = Precision.BFloat16 };

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 1000)]
    [InlineData(3, 7)]
    [InlineData(3, 1001)]
    [InlineData(4, 64)]
    [InlineData(4, 999)]
    public void Sums_are_those_of_float64_up_to_a_rounding_of_each_addend_and_one_of_the_sum(int size, int count)
    {
        foreach (var piece in (long?[])[null, 16, 1 << 20])
        {
            var (each, _) = ThreadCollective.Run(size, collective =>
            {
                collective.PieceCount = piece;
                using var values = Addend(collective.Rank, count).to(ScalarType.BFloat16);
                collective.Sum(values);
                return Doubles(values);
            });

            each.Should().AllSatisfy(outcome => outcome.Value.Should().Equal(each[0].Value, "every process has the same bits"));
            var addends = Enumerable.Range(0, size).Select(rank => Doubles(Addend(rank, count))).ToArray();
            for (var i = 0; i < count; i++)
            {
                var sum = each[0].Value![i];

                // What float32 rounds between is less than a hundredth of that.
                var bound = 1.01 * Rounding * (addends.Sum(addend => Math.Abs(addend[i])) + Math.Abs(sum));
                sum.Should().BeApproximately(addends.Sum(addend => addend[i]), bound);
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(16L)]
    public void A_sum_is_rounded_once(long? piece)
    {
        // One after the other in bfloat16, each of the small ones would be lost: half of the last bit, to even.
        var (each, _) = ThreadCollective.Run(4, collective =>
        {
            collective.PieceCount = piece;
            using var values = full(2, 3, collective.Rank == 0 ? 1 : 1 / 256f, dtype: ScalarType.BFloat16).t();
            collective.Sum(values);
            return Doubles(values);
        });

        each.Should().AllSatisfy(outcome => outcome.Value.Should().Equal(Enumerable.Repeat(1 + (2 / 128.0), 6)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Training_stays_close_to_float32s_and_processes_have_one_network(int size)
    {
        var expected = Together(size, WithNorms, Options)[0];

        var each = Together(size, WithNorms, Rounded);

        AreOne(each);
        Difference(expected.Losses, each[0].Losses).Should().BeLessThan(0.01);
        Difference(expected.Weights, each[0].Weights).Should().BeInRange(1e-7, 0.01, "gradients are rounded");
    }

    [Fact]
    public void One_process_rounds_nothing()
    {
        var together = Together(1, WithNorms, Rounded)[0];

        together.Weights.Should().Equal(Alone(WithNorms, Options).Weights);
    }

    [Fact]
    public void It_is_every_processs_option()
    {
        var (each, _) = ThreadCollective.Run(2, collective =>
        {
            using var model = GoogLeNet.Create(3, WithNorms, seed: 1);
            return new MultiHeadTrainer(model, (collective.Rank == 1 ? Rounded : Options) with { Collective = collective }).Fit(Train, Validation);
        });

        each[0].Error.Should().BeOfType<CollectiveException>().Which.Message.Should()
            .StartWith("Process 1 has another option reducePrecision than process 0: \"bFloat16\" instead of \"float32\".");
    }

    // Of magnitudes from 0.001 to 1,000.
    private static Tensor Addend(int rank, int count)
    {
        var random = new Random(17 + rank);
        return tensor([.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(10, (6 * random.NextDouble()) - 3)))]);
    }

    private static double[] Doubles(Tensor values)
    {
        using var wide = values.to(ScalarType.Float64).contiguous();
        return wide.data<double>().ToArray();
    }
}
