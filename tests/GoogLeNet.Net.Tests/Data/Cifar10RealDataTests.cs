using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Data;

/// <summary>
/// The real data, from the user's own cache or else fetched. That it loads means that the official SHA-256 sums hold; the rest checks that
/// the records are understood.
/// </summary>
[Trait("Category", "RealData")]
public sealed class Cifar10RealDataTests(Cifar10RealDataTests.Fixture fixture) : IClassFixture<Cifar10RealDataTests.Fixture>
{
    private readonly Cifar10 _cifar = fixture.Cifar;

    [Fact]
    public void Has_the_published_size()
    {
        _cifar.Train.Images.shape.Should().Equal(50_000, 3, 32, 32);
        _cifar.Test.Images.shape.Should().Equal(10_000, 3, 32, 32);
    }

    [Fact]
    public void Every_class_comes_equally_often()
    {
        Labels(_cifar.Train).CountBy(c => c).Should().HaveCount(10).And.OnlyContain(c => c.Value == 5_000);
        Labels(_cifar.Test).CountBy(c => c).Should().HaveCount(10).And.OnlyContain(c => c.Value == 1_000);
    }

    [Fact]
    public void First_labels_are_the_known_ones()
    {
        Labels(_cifar.Train)[..5].Select(c => Cifar10.ClassNames[(int)c]).Should().Equal("frog", "truck", "truck", "deer", "automobile");
        Labels(_cifar.Test)[..4].Select(c => Cifar10.ClassNames[(int)c]).Should().Equal("cat", "ship", "ship", "airplane");
    }

    [Fact]
    public void First_pixels_are_the_known_ones()
    {
        // As Keras' cifar10.load_data() prints them: the top left corner's RGB.
        Pixel(_cifar.Train, 0, 0, 0).Should().Equal(59, 62, 63);
        Pixel(_cifar.Train, 0, 0, 1).Should().Equal(43, 46, 45);
        Pixel(_cifar.Train, 0, 1, 0).Should().Equal(16, 20, 20);
        Pixel(_cifar.Test, 0, 0, 0).Should().Equal(158, 112, 49);
        Pixel(_cifar.Test, 0, 0, 1).Should().Equal(159, 111, 47);
    }

    [Fact]
    public void Channel_statistics_are_the_stated_ones()
    {
        var library = ChannelStatistics.Compute(_cifar.Train);
        for (var channel = 0; channel < 3; channel++)
        {
            var (mean, deviation) = Statistics(_cifar.Train.Images.bytes, channel);
            library.Mean[channel].Should().BeApproximately(mean, 1e-9);
            library.StandardDeviation[channel].Should().BeApproximately(deviation, 1e-7);
            Math.Round(library.Mean[channel], 3).Should().Be(Cifar10.Mean[channel]);
            Math.Round(library.StandardDeviation[channel], 3).Should().Be(Cifar10.StandardDeviation[channel]);
        }
    }

    private static long[] Labels(TensorDataset data) => data.Labels.data<long>().ToArray();

    private static byte[] Pixel(TensorDataset data, int image, int row, int column)
    {
        var bytes = data.Images.bytes[(image * 3072)..];
        return [bytes[row * 32 + column], bytes[1024 + row * 32 + column], bytes[2048 + row * 32 + column]];
    }

    private static (double Mean, double Deviation) Statistics(ReadOnlySpan<byte> images, int channel)
    {
        long sum = 0, squares = 0, count = 0;
        for (var start = channel * 1024; start < images.Length; start += 3072)
        {
            foreach (long value in images.Slice(start, 1024))
            {
                sum += value;
                squares += value * value;
            }
            count += 1024;
        }
        var mean = (double)sum / count;
        return (mean, Math.Sqrt((double)squares / count - mean * mean));
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public Cifar10 Cifar { get; private set; } = null!;

        public async Task InitializeAsync() => Cifar = await Cifar10.LoadAsync();

        public Task DisposeAsync()
        {
            Cifar?.Dispose();
            return Task.CompletedTask;
        }
    }
}
