using FluentAssertions;
using Inception.Tests.Operators;
using Inception.Tests.Torch;
using Inception.Tests.Training;
using Inception.Tests.Weights;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Graph;

/// <summary>Compiled networks against the networks that they come from, computed by libtorch in float64.</summary>
[Collection(TorchCollection.Name)]
public sealed class CompiledNetworkTests
{
    public static TheoryData<string, double, int, int> Networks => new()
    {
        { "paper", 0.25, 64, 80 },
        { "tutorial", 0.25, 64, 75 },
        { "torchvision", 0.25, 64, 90 },
        { "cifar", 0.25, 32, 24 },
        { "cifar-small", 0.5, 32, 40 },
        { "cifar-fast", 1, 32, 40 },
        { "paper", 0.02, 61, 64 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Logits_of_every_preset_are_those_of_the_network(string preset, double width, int size, int otherSize)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(7, Spec(preset, width, size) with { Auxiliaries = [] }, seed: 4).WithTrainedNorms();
        model.eval();
        using var compiled = model.Compile();
        using var exact = Exact(model);
        foreach (var (images, height, columns) in new[] { (1, size, size), (7, size, size), (32, size, size), (3, otherSize, size) })
        {
            var x = Arrays.NoiseTensor(3, images, 3, height, columns);
            var expected = exact.Logits(x.to(ScalarType.Float64));
            foreach (var input in new[] { x, Arrays.ChannelsLast(x) })
            {
                Error(Threads.On(2, () => compiled.Logits(input)), expected).Should().BeLessThan(1e-5, $"{preset}, {images} of {height}×{columns}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Auxiliary_heads_are_computed_too_where_they_are_asked_for(string preset, double width, int size, int _)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(7, Spec(preset, width, size), seed: 4).WithTrainedNorms();
        model.eval();
        using var compiled = new CompiledNetwork(
            new(7, model.Spec), model.Tensors(), withAuxiliaries: true);
        using var exact = Exact(model);
        var x = Arrays.NoiseTensor(3, 3, 3, size, size);

        var logits = compiled.HeadLogits(x.Floats(), count: 3);

        compiled.Heads.Should().Equal(model.Heads.Select(head => head.Name));
        foreach (var (head, own) in exact.AllHeads(x.to(ScalarType.Float64)).Heads.Zip(logits))
        {
            Error(tensor(own, [3, 7]), head.Logits).Should().BeLessThan(1e-5, $"{preset}, {head.Name}");
        }
    }

    [Theory]
    [InlineData("torchvision", ScalarType.BFloat16)]
    [InlineData("torchvision", ScalarType.Float64)]
    [InlineData("paper", ScalarType.Float64)]
    public void A_network_of_another_type_is_folded_and_keeps_its_type(string preset, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(7, Spec(preset, 0.25, 64), seed: 4).WithTrainedNorms().to(type);
        model.eval();
        using var compiled = model.Compile();
        var x = Arrays.NoiseTensor(3, 2, 3, 64, 64).to(type);

        var logits = compiled.Logits(x);

        (logits.dtype, logits.requires_grad, compiled.NumClasses, compiled.InputSize).Should().Be((type, false, 7, 64));
        Error(logits, model.Logits(x)).Should().BeLessThan(type == ScalarType.Float64 ? 1e-12 : 0.1);
    }

    [Fact]
    public void The_network_stays_as_it_was_and_shares_nothing_with_it()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms();
        model.train();
        var before = model.State().ToDictionary(entry => entry.Key, entry => entry.Value.to(ScalarType.Float32).Floats());
        using var compiled = model.Compile();
        var x = Arrays.NoiseTensor(3, 2, 3, 8, 8);
        var logits = compiled.Logits(x).Floats();

        model.training.Should().BeTrue();
        model.State().ToDictionary(entry => entry.Key, entry => entry.Value.to(ScalarType.Float32).Floats()).Should().BeEquivalentTo(before);
        using var frozen = no_grad();
        model.parameters().ToList().ForEach(parameter => parameter.mul_(-1));
        compiled.Logits(x).Floats().Should().Equal(logits);
        compiled.Logits(x).requires_grad.Should().BeFalse();
    }

    [Fact]
    public void A_file_of_weights_and_a_checkpoint_compile_without_a_network()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms();
        var path = folder["weights.safetensors"];
        model.SaveWeights(path);
        var options = new TrainerOptions { Epochs = 1, BatchSize = 8, Averaging = new ExponentialAverage(0.5), CheckpointFolder = folder.Path };
        new MultiHeadTrainer(GoogLeNet.Create(3, Tiny.Spec(), seed: 5), options).Fit(Tiny.Noise(16));
        var checkpoint = Directory.GetFiles(folder.Path, "last.safetensors").Single();
        var x = Arrays.NoiseTensor(3, 2, 3, 8, 8);

        foreach (var file in new[] { path, checkpoint })
        {
            using var network = GoogLeNet.Load(file);
            using var compiled = CompiledNetwork.Load(file);
            Error(tensor(compiled.Logits(x.Floats(), count: 2), [2, 3]), network.Logits(x)).Should().BeLessThan(1e-5, file);
            (compiled.NumClasses, compiled.Spec.Name).Should().Be((3, "tiny"));
        }
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    public void Weights_of_other_types_are_read(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms();
        model.to(type);
        model.SaveWeights(folder["weights.safetensors"]);
        model.to(ScalarType.Float64);
        model.eval();
        var x = Arrays.NoiseTensor(3, 2, 3, 8, 8);

        using var compiled = CompiledNetwork.Load(folder["weights.safetensors"]);

        Error(tensor(compiled.Logits(x.Floats(), count: 2), [2, 3]), model.Logits(x.to(ScalarType.Float64))).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Any_number_of_threads_may_use_it_at_once()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms();
        using var compiled = model.Compile();
        float[] Logits(int seed)
        {
            using var scope = NewDisposeScope();
            return compiled.Logits(Arrays.NoiseTensor(seed, 1 + (seed % 5), 3, 8 + (seed % 3), 8)).Floats();
        }

        var expected = Enumerable.Range(0, 20).Select(Logits).ToList();

        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Logits(i % 20).Should().Equal(expected[i % 20]));
    }

    [Fact]
    public async Task A_disposed_one_says_so_and_does_not_pull_memory_from_under_a_run()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms();
        var images = Arrays.Noise(64 * 3 * 8 * 8, 3);
        for (var round = 0; round < 20; round++)
        {
            var compiled = new CompiledNetwork(new(3, model.Spec), model.Tensors());
            var expected = compiled.Logits(images, count: 64);
            using var started = new CountdownEvent(3);
            var runs = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                started.Signal();
                try
                {
                    for (; ; )
                    {
                        compiled.Logits(images, count: 64).Should().Equal(expected);
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            })).ToArray();
            started.Wait();
            compiled.Dispose();
            compiled.Dispose();

            await Task.WhenAll(runs).WaitAsync(TimeSpan.FromMinutes(1));
            compiled.Invoking(network => network.Logits(images, count: 64)).Should().Throw<ObjectDisposedException>();
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_in_one_line()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, GoogLeNetSpec.Paper.WithWidth(0.02), seed: 4);
        using var compiled = model.Compile();
        using var network = new CompiledNetwork(new(3, model.Spec), model.Tensors());

        compiled.Invoking(c => c.Logits(zeros(1, 1, 224, 224))).Should().Throw<ArgumentException>().WithMessage("The images have 1 channel; 'paper' takes 3.*");
        compiled.Invoking(c => c.Logits(zeros(1, 3, 224, 224).to(ScalarType.Float64))).Should().Throw<ArgumentException>().WithMessage("*type Float64*");
        network.Invoking(n => n.Logits(new float[10])).Should().Throw<ArgumentException>().WithMessage("1 images of 3×224×224 are 150528 numbers; there are 10.*");
        network.Invoking(n => n.Logits([], count: 0)).Should().Throw<ArgumentOutOfRangeException>();
        network.Invoking(n => n.Logits(new float[3], height: 1)).Should().Throw<ArgumentException>().WithMessage("Images of 1×1 pixels are too small: 'paper' takes * pixels at least.*");
    }

    [Fact]
    public void A_file_with_other_tensors_than_its_network_has_is_refused()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        var path = folder["weights.safetensors"];
        var tensors = model.State().Where(entry => entry.Key != "fc.bias").Select(entry => entry.Value.ToSafeTensor(entry.Key));
        SafeTensorsFile.Write(path, model.Metadata(WeightsFormat.Weights), tensors);

        FluentActions.Invoking(() => CompiledNetwork.Load(path)).Should().Throw<WeightsException>().WithMessage("*'tiny' with 3 classes: missing: fc.bias.");
    }

    [Fact]
    public void A_head_is_not_computed_for_images_that_it_was_not_built_for()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(7, Spec("paper", 0.1, 64), seed: 4);
        using var compiled = new CompiledNetwork(
            new(7, model.Spec), model.Tensors(), withAuxiliaries: true);

        compiled.Invoking(c => c.HeadLogits(new float[3 * 96 * 96], height: 96)).Should().Throw<ArgumentException>().WithMessage("The head 'aux1' was built for images of 64×64 pixels*");
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public async Task A_classifier_that_is_disposed_while_it_is_used_ends_its_uses(ScalarType type)
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4).WithTrainedNorms().to(type);
        for (var round = 0; round < 10; round++)
        {
            var compiled = model.Compile();
            using var started = new CountdownEvent(3);
            var runs = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                using var scope = NewDisposeScope();
                var x = Arrays.NoiseTensor(3, 2, 3, 8, 8).to(type);
                started.Signal();
                try
                {
                    while (true)
                    {
                        compiled.Logits(x).Dispose();
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            })).ToArray();
            started.Wait();
            compiled.Dispose();

            await Task.WhenAll(runs).WaitAsync(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void A_weight_that_is_no_floating_point_number_and_a_tensor_too_many_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        var path = folder["weights.safetensors"];
        var tensors = model.State().Select(entry => (entry.Key == "fc.bias" ? entry.Value.to(ScalarType.Int64) : entry.Value).ToSafeTensor(entry.Key));
        SafeTensorsFile.Write(path, model.Metadata(WeightsFormat.Weights), tensors.Append(ones(2).ToSafeTensor("extra")));

        FluentActions.Invoking(() => CompiledNetwork.Load(path)).Should().Throw<WeightsException>().WithMessage("*unexpected: extra; misshapen: fc.bias (I64 (3) in the file, F32 (3) in the network)*");
    }

    [Theory]
    [InlineData(1, 2, 4, 1, 2, "one image: both threads work on it")]
    [InlineData(3, 2, 4, 1, 2, "less than half a chunk for each thread")]
    [InlineData(4, 2, 4, 2, 1, "half a chunk for each")]
    [InlineData(32, 2, 4, 8, 1, "chunks that fit the cache")]
    [InlineData(33, 2, 4, 10, 1, "a multiple of the threads")]
    [InlineData(32, 1, 4, 8, 1, "one thread, one chunk after the other")]
    [InlineData(5, 2, 0, 5, 2, "images too large for a thread's share of the cache")]
    public void A_batch_is_split_so_that_a_chunk_fits_a_threads_share_of_the_cache(int images, int threads, int perThread, int chunks, int threadsPerChunk, string reason) =>
        CompiledNetwork.Chunks(images, threads, perThread).Should().Be((chunks, threadsPerChunk), reason);

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: 4);
        using var input = Arrays.NoiseTensor(3, 2, 3, 8, 8);
        int Left()
        {
            using (var compiled = model.Compile())
            {
                compiled.Logits(input).Dispose();
            }

            LiveTensors.Settle();
            return (int)Tensor.TotalCount;
        }

        var before = Left();

        Left().Should().Be(before);
    }

    // Heads and blocks in proportion, at a size that every head fits.
    private static GoogLeNetSpec Spec(string preset, double width, int size)
    {
        var spec = GoogLeNetSpec.FromName(preset).WithWidth(width);
        return spec with
        {
            InputSize = size,
            Auxiliaries = [.. spec.Auxiliaries.Select(head => head with { Hidden = 24, Pooling = head.Pooling is AveragePooling ? new AveragePooling(2, 1) : head.Pooling })],
        };
    }

    private static GoogLeNet Exact(GoogLeNet model)
    {
        var copy = GoogLeNet.Create(model.NumClasses, model.Spec).to(ScalarType.Float64);
        using var frozen = no_grad();
        var state = model.State();
        foreach (var (key, value) in copy.State())
        {
            value.copy_(state[key]);
        }

        copy.eval();
        return copy;
    }

    /// <summary>The largest difference, as a share of the logits' range.</summary>
    private static double Error(Tensor logits, Tensor expected)
    {
        using var scope = NewDisposeScope();
        var exact = expected.detach().to(ScalarType.Float64);
        return (logits.to(ScalarType.Float64) - exact).abs().max().item<double>() / (exact.max() - exact.min()).item<double>();
    }
}
