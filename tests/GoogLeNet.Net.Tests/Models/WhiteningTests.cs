using FluentAssertions;
using Inception.Data;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class WhiteningTests
{
    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 4)]
    public void Patches_come_out_uncorrelated_and_of_equal_variance(int kernel, int stride)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = GoogLeNet.Create(3, Whitened(kernel, stride, epsilon: 1e-9));
        var images = Correlated(kernel);

        model.InitializeFrom(images);

        // The layer's positions are the very patches that it was fitted to, but for a border of zeros, which is cut off here.
        var filters = model.State()["whiten.weight"];
        var half = filters.narrow(0, 0, filters.shape[0] / 2).contiguous();
        var responses = nn.functional.conv2d(images, half, strides: [kernel, kernel]).to(ScalarType.Float64);
        var rows = responses.permute(0, 2, 3, 1).reshape(-1, half.shape[0]);
        var values = (rows.transpose(0, 1).mm(rows) / rows.shape[0]).contiguous().data<double>().ToArray();
        for (var i = 0; i < half.shape[0]; i++)
        {
            for (var j = 0; j < half.shape[0]; j++)
            {
                values[(i * (int)half.shape[0]) + j].Should().BeApproximately(i == j ? 1 : 0, 1e-4, $"of {i} with {j}");
            }
        }
    }

    [Fact]
    public void Each_filter_stands_beside_its_negative_and_a_relu_follows()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var layer = new Whitening(3, new WhiteningSpec("whiten", Kernel: 4, Stride: 2));
        var images = Correlated(4);
        layer.Fit(images);
        var filters = layer.State()["weight"];

        var output = layer.call(images);

        output.shape.Should().Equal(images.shape[0], 96, 12, 12);
        output.min().item<float>().Should().Be(0);
        (filters.narrow(0, 0, 48) + filters.narrow(0, 48, 48)).abs().max().item<float>().Should().Be(0);

        // Positive and negative part of the same response: never both, and their difference is the convolution.
        var (positive, negative) = (output.narrow(1, 0, 48), output.narrow(1, 48, 48));
        (positive * negative).max().item<float>().Should().Be(0);
        var plain = nn.functional.conv2d(images, filters.narrow(0, 0, 48).contiguous(), strides: [2, 2], padding: [1, 1]);
        ((positive - negative) - plain).abs().max().item<float>().Should().BeLessThan(1e-4f);
    }

    [Fact]
    public void Directions_of_almost_no_variance_are_held_back_by_epsilon()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var layer = new Whitening(1, new WhiteningSpec("whiten", Kernel: 1, Epsilon: 0.25));

        layer.Fit(tensor(new[] { 1f, -1f, 2f, -2f }, [4, 1, 1, 1]));

        // The second moment is 2.5.
        Math.Abs(layer.State()["weight"].Floats()[0]).Should().BeApproximately((float)(1 / Math.Sqrt(2.75)), 1e-6f);
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void The_trainer_fits_it_once_and_training_leaves_it_as_it_is(Precision precision)
    {
        using var data = Tiny.Separable(60, seed: 1);
        using var model = GoogLeNet.Create(3, Whitened(4, 2));
        model.NeedsInitialization.Should().BeTrue();
        var options = new TrainerOptions { Epochs = 1, BatchSize = 20, Precision = precision };

        new MultiHeadTrainer(model, options).Fit(data);

        model.NeedsInitialization.Should().BeFalse();
        var first = model.State()["whiten.weight"].Floats();
        using var twin = GoogLeNet.Create(3, Whitened(4, 2));
        twin.InitializeFrom(new ScaleToUnit().Apply(data.Images, default));
        twin.State()["whiten.weight"].Floats().Should().Equal(first, "it was fitted to the training images, and is not trained");

        using var others = Tiny.Separable(60, seed: 2);
        new MultiHeadTrainer(model, options).Fit(others);
        model.State()["whiten.weight"].Floats().Should().Equal(first, "it is fitted to the first data set alone");
        model.named_parameters().Should().NotContain(named => named.name.StartsWith("whiten"));
    }

    [Fact]
    public void Files_and_folded_networks_keep_the_filters()
    {
        using var scope = NewDisposeScope();
        using var folder = new TestFolder();
        using var data = Tiny.Separable(60, seed: 1);
        using var model = GoogLeNet.Create(3, Whitened(4, 2));
        new MultiHeadTrainer(model, new TrainerOptions { Epochs = 1, BatchSize = 20 }).Fit(data);
        var path = Path.Combine(folder.Path, "weights.safetensors");
        model.SaveWeights(path);
        using var frozen = no_grad();
        var images = new ScaleToUnit().Apply(data.Images, default);
        var expected = model.Logits(images).Floats();

        using var loaded = GoogLeNet.Load(path);
        using var folded = model.FoldBatchNorm();

        loaded.NeedsInitialization.Should().BeFalse();
        loaded.eval();
        foreach (var other in new[] { loaded, folded })
        {
            Arrays.RelativeError(other.Logits(images).Floats(), [.. expected.Select(value => (double)value)])
                .Should().BeLessThan(1e-5);
        }
    }

    [Fact]
    public void A_resumed_run_goes_on_with_the_filters_of_its_checkpoint()
    {
        using var folder = new TestFolder();
        using var data = Tiny.Separable(60, seed: 1);
        var options = new TrainerOptions { Epochs = 2, BatchSize = 20, CheckpointFolder = folder.Path };
        using var whole = GoogLeNet.Create(3, Whitened(4, 2));
        new MultiHeadTrainer(whole, options).Fit(data);

        using var stop = new CancellationTokenSource();
        var interrupted = new Recorder(trained => { if (trained is EpochEvent) { stop.Cancel(); } });
        using (var half = GoogLeNet.Create(3, Whitened(4, 2)))
        {
            var run = () => new MultiHeadTrainer(half, options with { Callbacks = [interrupted] }).Fit(data, cancellationToken: stop.Token);
            run.Should().Throw<OperationCanceledException>();
        }

        using var resumed = GoogLeNet.Create(3, Whitened(4, 2));
        new MultiHeadTrainer(resumed, options).Fit(data, resumeFrom: folder.Last);

        foreach (var (key, value) in whole.State().Where(entry => entry.Value.dtype == ScalarType.Float32))
        {
            resumed.State()[key].Floats().Should().Equal(value.Floats(), key);
        }
    }

    [Fact]
    public void A_search_for_the_rate_leaves_it_unfitted()
    {
        using var data = Tiny.Separable(60, seed: 1);
        using var model = GoogLeNet.Create(3, Whitened(4, 2));

        new MultiHeadTrainer(model, new TrainerOptions { BatchSize = 20 }).FindLearningRate(data, steps: 3);

        model.NeedsInitialization.Should().BeTrue();
    }

    [Fact]
    public void What_cannot_be_fitted_is_refused()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, Whitened(4, 2));
        using var plain = GoogLeNet.Create(3, Tiny.Spec());
        var broken = full([4, 3, 8, 8], float.NaN);

        model.Invoking(m => m.InitializeFrom(ones(4, 1, 8, 8))).Should().Throw<ArgumentException>().WithMessage("The images have 1 channel; 'whitened' takes 3.*");
        model.Invoking(m => m.InitializeFrom(broken)).Should().Throw<ArgumentException>().WithMessage("*not finite*");
        plain.Invoking(m => m.InitializeFrom(ones(4, 3, 8, 8))).Should().Throw<InvalidOperationException>().WithMessage("'tiny' has no whitening*");
        plain.NeedsInitialization.Should().BeFalse();
        model.NeedsInitialization.Should().BeTrue();
    }

    [Fact]
    public void The_summary_counts_its_work_and_no_parameters()
    {
        using var model = GoogLeNet.Create(3, Whitened(4, 2));

        var row = model.Summary().Rows[0];

        (row.Name, row.Kind, row.Parameters).Should().Be(("whiten", "Whitening 4×4 / 2", 0));
        row.OutputShape.Should().Equal(96, 4, 4);
        row.MultiplyAdds.Should().Be(4 * 4 * 96 * 3 * 16);
    }

    private static GoogLeNetSpec Whitened(int kernel, int stride, double epsilon = 5e-4)
    {
        var tiny = Tiny.Spec();
        return tiny with { Name = "whitened", Layers = [new WhiteningSpec("whiten", kernel, stride, epsilon), .. tiny.Layers.Skip(2)] };
    }

    // 24 is a multiple of every kernel size here; neighbours and channels go together, as in pictures.
    private static Tensor Correlated(int seed)
    {
        var noise = tensor(Arrays.Noise(64 * 3 * 26 * 26, seed), [64, 3, 26, 26]);
        var smooth = nn.functional.avg_pool2d(noise, 3, 1);
        return smooth + (noise.narrow(2, 1, 24).narrow(3, 1, 24) * 0.2) + (smooth.mean([1], keepdim: true) * 2);
    }
}
