using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

[Collection(TorchCollection.Name)]
public sealed class ChannelStatisticsTests
{
    [Fact]
    public void Are_those_of_the_numbers_from_zero_to_n()
    {
        // Channel 0 runs 0 … 255, channel 1 is constant, channel 2 is 0 or 255.
        byte[] image = [.. Enumerable.Range(0, 256).Select(i => (byte)i), .. Enumerable.Repeat((byte)77, 256), .. Enumerable.Range(0, 256).Select(i => (byte)(255 * (i % 2)))];
        using var data = new TensorDataset(tensor([.. image, .. image, .. image], [3, 3, 16, 16]), zeros(3, dtype: ScalarType.Int64), ["all"]);

        var statistics = ChannelStatistics.Compute(data);

        statistics.Mean.Should().Equal(127.5, 77, 127.5);
        statistics.StandardDeviation.Should().Equal(Math.Sqrt(((256.0 * 256) - 1) / 12), 0, 127.5);
    }

    [Fact]
    public void Are_exact_over_many_chunks_and_any_number_of_channels()
    {
        var random = new Random(1);
        var pixels = new byte[2 * 9 * 1500 * 1000];
        random.NextBytes(pixels);
        using var data = new TensorDataset(tensor(pixels, [9, 2, 1500, 1000]), zeros(9, dtype: ScalarType.Int64), ["all"]);

        var statistics = ChannelStatistics.Compute(data);

        for (var channel = 0; channel < 2; channel++)
        {
            // Welford's running mean and sum of squares, an independent way.
            double mean = 0, squares = 0;
            long count = 0;
            for (var image = 0; image < 9; image++)
            {
                foreach (var value in pixels.AsSpan(((2 * image) + channel) * 1_500_000, 1_500_000))
                {
                    var distance = value - mean;
                    mean += distance / ++count;
                    squares += distance * (value - mean);
                }
            }

            statistics.Mean[channel].Should().BeApproximately(mean, 1e-9);
            statistics.StandardDeviation[channel].Should().BeApproximately(Math.Sqrt(squares / count), 1e-9);
        }
    }

    [Fact]
    public void Leave_no_tensor_behind()
    {
        using var data = new TensorDataset(zeros([2, 1, 2, 2], dtype: ScalarType.Byte), zeros(2, dtype: ScalarType.Int64), ["all"]);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;
        ChannelStatistics.Compute(data);
        Tensor.TotalCount.Should().Be(before);
    }
}
