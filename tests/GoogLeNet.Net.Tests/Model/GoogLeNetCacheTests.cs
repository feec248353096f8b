using FluentAssertions;
using Inception.Architecture;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class GoogLeNetCacheTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Inference_takes_a_large_batch_in_parts_and_gives_the_same_logits(bool auxiliaries)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetTests.Small());
        model.eval();
        var atOnce = (int)model.ImagesAtOnce(zeros(1, 3, 160, 160));
        atOnce.Should().BeGreaterThan(1);
        var images = Arrays.NoiseTensor(1, (2 * atOnce) + 1, 3, 160, 160);
        var whole = model.Forward(images, auxiliaries);
        using var mode = inference_mode();

        var inParts = model.Forward(images, auxiliaries);

        inParts.Heads.Select(head => head.Name).Should().Equal(whole.Heads.Select(head => head.Name));
        foreach (var (expected, actual) in whole.Heads.Zip(inParts.Heads))
        {
            actual.Logits.shape.Should().Equal(images.shape[0], 10);
            Arrays.RelativeError(actual.Logits.Floats(), [.. expected.Logits.Floats().Select(value => (double)value)]).Should().BeLessThan(1e-5);
        }
    }

    [Fact]
    public void A_part_is_four_large_images_a_thread_and_more_smaller_ones()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.TorchVision);
        var threads = get_num_threads();
        long AtOnce(int size, ScalarType type = ScalarType.Float32) => model.ImagesAtOnce(zeros([1, 3, size, size], type));

        AtOnce(224).Should().Be(4 * threads);
        AtOnce(112).Should().Be(16 * threads);
        AtOnce(224, ScalarType.BFloat16).Should().Be(8 * threads);
        AtOnce(4000).Should().Be(1);
    }

    [Fact]
    public void Inference_in_parts_leaves_nothing_behind()
    {
        using var model = GoogLeNet.Create(10, GoogLeNetTests.Small());
        model.eval();
        using var images = ones(40, 3, 160, 160);
        using var frozen = no_grad();
        model.call(images).Dispose();
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        model.call(images).Dispose();

        Tensor.TotalCount.Should().Be(before);
    }
}
