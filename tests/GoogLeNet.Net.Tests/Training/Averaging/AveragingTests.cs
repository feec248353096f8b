using System.Text.Json;
using FluentAssertions;
using Inception.Tests.Torch;
using Inception.Tests.Training.Optimizers;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training.Averaging;

[Collection(TorchCollection.Name)]
public sealed class AveragingTests
{
    public static TheoryData<string, WeightAveraging> Averages => new()
    {
        { "mean", new PolyakAverage() },
        { "mean from step 5", new PolyakAverage(startAt: 0.25) },
        { "moving average", new ExponentialAverage(0.8) },
        { "moving average, warmed up", new ExponentialAverage(0.5, warmUp: true) },
    };

    [Theory]
    [MemberData(nameof(Averages))]
    public void Every_step_is_that_of_PyTorchs_AveragedModel(string run, WeightAveraging options)
    {
        using var rig = new Rig(options);
        var values = new List<float[]>();
        for (var t = 0; t < Reference.Steps; t++)
        {
            rig.Step(t);
            using (rig.Average.UseAverage())
            {
                values.Add(Reference.Values(rig.Network));
            }
        }

        Reference.Error(values, run).Should().BeLessThan(1e-6);
        Reference.Error(values, "momentum").Should().BeGreaterThan(0.01, "the average is not the weights");
        rig.Average.Count.Should().Be(run.Contains("from", StringComparison.Ordinal) ? 15 : 20);
    }

    [Fact]
    public void The_networks_own_weights_come_back_bit_for_bit()
    {
        using var rig = new Rig(new ExponentialAverage(0.9));
        Enumerable.Range(0, 5).ToList().ForEach(rig.Step);
        var (own, average) = (rig.State(), rig.Average.Values.Floats());

        using (rig.Average.UseAverage())
        {
            rig.Flat.Values.Floats().Should().Equal(average);
            rig.Average.Invoking(a => a.Update(0.5)).Should().Throw<InvalidOperationException>();
        }

        Same(rig.State(), own);
        rig.Average.Values.Floats().Should().Equal(average);
    }

    [Fact]
    public void Running_statistics_are_averaged_and_counters_are_not()
    {
        using var rig = new Rig(new PolyakAverage());
        var statistics = new List<double>();
        for (var t = 0; t < 3; t++)
        {
            rig.SetStatistics(mean: t * t, batches: t + 1);
            rig.Step(t);
            statistics.Add(t * t);
        }

        using (rig.Average.UseAverage())
        {
            rig.State()["norm.running_mean"].Should().OnlyContain(value => Math.Abs(value - statistics.Average()) < 1e-6);
            rig.Batches.Should().Be(3);
        }

        rig.State()["norm.running_mean"].Should().OnlyContain(value => value == 4);
    }

    [Fact]
    public void A_moving_average_of_constant_weights_is_those_weights()
    {
        using var rig = new Rig(new ExponentialAverage(0.9999));
        var own = rig.Flat.Values.Floats();
        for (var t = 0; t < 2000; t++)
        {
            rig.Average.Update(0);
        }

        rig.Average.Values.Floats().Should().Equal(own, "float32(0.9999) + float32(0.0001) is not 1, and must not tell");
    }

    [Theory]
    [MemberData(nameof(Averages))]
    public void State_copied_into_a_new_average_continues_bit_for_bit(string run, WeightAveraging options)
    {
        using var uninterrupted = new Rig(options);
        Enumerable.Range(0, Reference.Steps).ToList().ForEach(uninterrupted.Step);
        using var first = new Rig(options);
        Enumerable.Range(0, 8).ToList().ForEach(first.Step);
        using var second = new Rig(options);

        second.CopyFrom(first);
        Enumerable.Range(8, Reference.Steps - 8).ToList().ForEach(second.Step);

        second.Average.Values.Floats().Should().Equal(uninterrupted.Average.Values.Floats(), run);
        second.Average.Count.Should().Be(uninterrupted.Average.Count);
    }

    [Fact]
    public void A_checkpoints_keys_are_the_state_keys_with_a_prefix()
    {
        using var rig = new Rig(new PolyakAverage());

        rig.Average.State.Select(entry => entry.Key).Should().Equal(
            "average.conv.weight", "average.linear.weight", "average.conv.bias", "average.linear.bias", "average.norm.weight", "average.norm.bias",
            "average.norm.running_mean", "average.norm.running_var", "averaging.steps");
        rig.Average.State[0].Tensor.shape.Should().Equal(2, 2, 2, 2);
    }

    [Fact]
    public void Nothing_is_left_in_memory()
    {
        using var network = Reference.Network();
        using var flat = new FlatParameters(network);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        using (var average = new AverageBuffer(network, flat, new ExponentialAverage()))
        {
            average.Update(0);
            average.Update(0);
            average.UseAverage().Dispose();
        }

        (Tensor.TotalCount - before).Should().Be(0);
    }

    [Theory]
    [InlineData("""{ "averaging": "polyak", "startAt": 0.5 }""", 0)]
    [InlineData("""{ "averaging": "polyak" }""", 1)]
    [InlineData("""{ "averaging": "exponential", "decay": 0.99, "warmUp": true }""", 2)]
    [InlineData("""{ "averaging": "exponential" }""", 3)]
    public void Averages_are_read_from_json_and_written_to_it(string json, int index)
    {
        WeightAveraging[] expected = [new PolyakAverage(0.5), new PolyakAverage(0), new ExponentialAverage(0.99, warmUp: true), new ExponentialAverage(0.999)];

        JsonSerializer.Deserialize<WeightAveraging>(json, SpecJson.Options).Should().Be(expected[index]);
        JsonSerializer.Deserialize<WeightAveraging>(JsonSerializer.Serialize(expected[index], SpecJson.Options), SpecJson.Options).Should().Be(expected[index]);
    }

    [Fact]
    public void A_value_out_of_range_is_refused()
    {
        FluentActions.Invoking(() => new PolyakAverage(1)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("startAt is 1; it must be in *0, 1).*");
        FluentActions.Invoking(() => new ExponentialAverage(1)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("decay is 1; it must be in *0, 1).*");
    }

    private static void Same(Dictionary<string, float[]> actual, Dictionary<string, float[]> expected)
    {
        actual.Keys.Should().Equal(expected.Keys);
        actual.Should().OnlyContain(entry => entry.Value.SequenceEqual(expected[entry.Key]));
    }

    /// <summary>The reference's run with momentum, and an average of it.</summary>
    private sealed class Rig : IDisposable
    {
        private readonly FlatOptimizer optimizer;

        public Rig(WeightAveraging options)
        {
            Flat = new FlatParameters(Network, Reference.Groups);
            optimizer = new SgdOptions().Create(Flat);
            Average = new AverageBuffer(Network, Flat, options);
        }

        public TorchSharp.Modules.Sequential Network { get; } = Reference.Network();

        public FlatParameters Flat { get; }

        public AverageBuffer Average { get; }

        public long Batches => Network.State()["norm.num_batches_tracked"].item<long>();

        public void Step(int t)
        {
            Reference.SetGradients(Network, t);
            optimizer.Step(Reference.Rate(t));
            Average.Update(t / (double)Reference.Steps);
        }

        public void SetStatistics(double mean, long batches)
        {
            using var frozen = no_grad();
            Network.State()["norm.running_mean"].fill_(mean);
            Network.State()["norm.num_batches_tracked"].fill_(batches);
        }

        public Dictionary<string, float[]> State() => Network.State().Where(entry => entry.Value.dtype == ScalarType.Float32)
            .ToDictionary(entry => entry.Key, entry => entry.Value.Floats());

        public void CopyFrom(Rig other)
        {
            other.Flat.Values.ToSafeTensor("weights").CopyTo(Flat.Values);
            foreach (var (from, to) in other.optimizer.State.Concat(other.Average.State).Zip(optimizer.State.Concat(Average.State)))
            {
                from.Tensor.ToSafeTensor(from.Key).CopyTo(to.Tensor);
            }
        }

        public void Dispose()
        {
            Average.Dispose();
            optimizer.Dispose();
            Flat.Dispose();
            Network.Dispose();
        }
    }
}
