using FluentAssertions;
using Inception.Data;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Transforms;

[Collection(TorchCollection.Name)]
public sealed class OwnTransformTests
{
    [Fact]
    public void The_documentations_transform_turns_its_share_of_the_images()
    {
        using var scope = NewDisposeScope();
        const int n = 2000;
        using var data = new TensorDataset(full([n, 1, 2, 2], 55, ScalarType.Byte), zeros(n, ScalarType.Int64), ["a"]);

        var batch = new BatchLoader(data, n, [new Negative(0.3), new ScaleToUnit()], CPU).Load(0, 0);

        var images = batch.Images.Values().Chunk(4).ToList();
        images.Should().OnlyContain(image => image.Distinct().Count() == 1);
        images.Count(image => image[0] == 200 / 255f).Should().BeInRange(600 - 102, 600 + 102); // 5 deviations
        images.Count(image => image[0] == 55 / 255f).Should().BeInRange(1400 - 102, 1400 + 102);
    }

    [Fact]
    public void Draws_of_a_context_depend_on_seed_epoch_name_and_sample_alone()
    {
        var all = Images.Context(50, seed: 3, epoch: 2).Uniform("a");

        all.Should().OnlyContain(draw => draw >= 0 && draw < 1).And.OnlyHaveUniqueItems();
        new BatchContext(3, 2, [40, 7]).Uniform("a").Should().Equal(all[40], all[7]);
        Images.Context(50, seed: 3, epoch: 2).Uniform("b").Should().NotIntersectWith(all);
        Images.Context(50, seed: 3, epoch: 1).Uniform("a").Should().NotIntersectWith(all);
        Images.Context(50, seed: 4, epoch: 2).Uniform("a").Should().NotIntersectWith(all);
    }

    /// <summary>Turns a share of the images into their negatives.</summary>
    private sealed record Negative(double Share) : IBatchTransform
    {
        public Tensor Apply(Tensor images, BatchContext context)
        {
            using var scope = NewDisposeScope();
            using Scalar white = 255;
            bool[] chosen = [.. context.Uniform("Negative").Select(draw => draw < Share)];
            var mask = tensor(chosen, device: images.device).view(-1, 1, 1, 1);
            return where(mask, images.sub(white).neg(), images).MoveToOuterDisposeScope();
        }
    }
}
