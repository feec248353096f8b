using FluentAssertions;
using Inception.Architecture;
using Inception.Tests.Kernels;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class GoogLeNetCacheTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    public void Inference_takes_a_large_batch_in_parts_and_gives_the_same_logits(bool auxiliaries, int threads)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetTests.Small());
        model.eval();

        // So that logits have gradients only if what is taken in parts has them.
        model.named_parameters().Where(named => named.name.StartsWith("fc.")).ToList().ForEach(named => named.parameter.requires_grad = false);
        var mostOfThread = model.ImagesOfThread(zeros(1, 3, 160, 160));
        var images = Arrays.NoiseTensor(1, (6 * mostOfThread) - 1, 3, 160, 160);
        var whole = Threads.On(threads, () => model.Forward(images, auxiliaries));
        whole.Heads[0].Logits.requires_grad.Should().BeTrue("a batch stays whole where gradients are asked for");
        using var mode = inference_mode();

        var inParts = Threads.On(threads, () => model.Forward(images, auxiliaries));

        inParts.Heads.Select(head => head.Name).Should().Equal(whole.Heads.Select(head => head.Name));
        foreach (var (expected, actual) in whole.Heads.Zip(inParts.Heads))
        {
            actual.Logits.shape.Should().Equal(images.shape[0], 10);
            Arrays.RelativeError(actual.Logits.Floats(), [.. expected.Logits.Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5);
        }
    }

    [Fact]
    public void A_threads_part_is_four_large_images_and_more_smaller_ones()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.TorchVision);
        long OfThread(int size, ScalarType type = ScalarType.Float32) => model.ImagesOfThread(zeros([1, 3, size, size], type));

        OfThread(224).Should().Be(4);
        OfThread(112).Should().Be(16);
        OfThread(224, ScalarType.BFloat16).Should().Be(8);
        OfThread(4000).Should().Be(0);
    }

    [Theory]
    [InlineData(32, 1, 4, 1, "one thread takes its parts one by one")]
    [InlineData(32, 2, 0, 1, "an image is too large for a thread")]
    [InlineData(3, 2, 4, 1, "threads would have less than half of what a part may be")]
    [InlineData(4, 2, 4, 2, "two images for each thread")]
    [InlineData(8, 2, 4, 2, "whole parts")]
    [InlineData(9, 2, 4, 4, "three parts would leave a thread idle")]
    [InlineData(32, 2, 4, 8, "whole parts, several for each thread")]
    [InlineData(5, 4, 1, 5, "no part without an image")]
    public void Parts_side_by_side_keep_all_threads_busy(int images, int threads, int mostOfThread, int parts, string reason) =>
        GoogLeNet.PartsSideBySide(images, threads, mostOfThread).Should().Be(parts, reason);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Inference_in_parts_leaves_nothing_behind(int threads)
    {
        using var model = GoogLeNet.Create(10, GoogLeNetTests.Small());
        model.eval();
        using var images = ones(40, 3, 160, 160);
        using var frozen = no_grad();
        int Left() => Threads.On(threads, () =>
        {
            model.call(images).Dispose();
            LiveTensors.Settle();
            return (int)Tensor.TotalCount;
        });

        var before = Left();

        Left().Should().Be(before);
    }

    [Fact]
    public void Several_callers_at_once_get_their_own_logits()
    {
        using var model = GoogLeNet.Create(10, GoogLeNetTests.Small());
        model.eval();
        float[] Logits(int caller)
        {
            using var scope = NewDisposeScope();
            using var mode = inference_mode();
            return model.call(Arrays.NoiseTensor(caller, 40, 3, 160, 160)).Heads[0].Logits.Floats();
        }

        var expected = Enumerable.Range(1, 4).Select(Logits).ToArray();
        var actual = new float[4][];
        Threads.On(2, () =>
        {
            var callers = Enumerable.Range(0, 4).Select(i => new Thread(() => actual[i] = Logits(i + 1))).ToList();
            callers.ForEach(caller => caller.Start());
            callers.ForEach(caller => caller.Join());
            return 0;
        });

        foreach (var (own, alone) in actual.Zip(expected))
        {
            Arrays.RelativeError(own, [.. alone.Select(value => (double)value)]).Should().BeLessThan(1e-5);
        }
    }
}
