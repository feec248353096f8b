using FluentAssertions;
using Inception.Architecture;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Model;

[Collection(TorchCollection.Name)]
public sealed class ModelSummaryTests
{
    [Theory]
    [InlineData("tutorial")]
    [InlineData("cifar-small")]
    public void Shapes_are_those_of_a_real_forward_pass(string preset)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = GoogLeNet.Create(7, GoogLeNetSpec.FromName(preset));
        model.eval();
        var rows = model.Summary().Rows.ToDictionary(row => row.Name);
        var layers = model.named_children().Select(child => (child.name, child.module)).ToDictionary(child => child.name, child => child.module);
        var x = zeros(1, 3, model.InputSize, model.InputSize);

        foreach (var layer in model.Spec.Layers)
        {
            x = ((nn.Module<Tensor, Tensor>)layers[GoogLeNet.KeyOf(layer)]).call(x);
            x.shape.Should().Equal([1, .. rows[layer.Name].OutputShape.Select(size => (long)size)], layer.Name);
            foreach (var head in model.Spec.Auxiliaries.Where(head => head.After == layer.Name))
            {
                ((nn.Module<Tensor, Tensor>)layers[head.Name]).call(x).shape.Should().Equal(1, 7);
                rows[head.Name].OutputShape.Should().Equal(7);
            }
        }

        rows["avgpool"].OutputShape.Should().Equal((int)x.shape[1]);
        rows["fc"].OutputShape.Should().Equal(7);
        rows.Should().HaveCount(model.Spec.Layers.Length + 4);
    }

    [Fact]
    public void Parameters_are_the_tutorials()
    {
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.Tutorial);
        var summary = model.Summary();
        long Of(string name) => summary.Rows.Single(row => row.Name == name).Parameters;

        summary.Parameters.Should().Be(10_334_030);
        summary.MainParameters.Should().Be(5_983_802);
        Of("conv1").Should().Be((7 * 7 * 3 * 64) + 64);
        // in·(64 + 96 + 16 + 32) + 9·96·128 + 25·16·32 + biases
        Of("3a").Should().Be((192 * 208) + (9 * 96 * 128) + (25 * 16 * 32) + 64 + 96 + 128 + 16 + 32 + 32);
        Of("maxpool1").Should().Be(0);
        Of("aux1").Should().Be(2_174_090);
        Of("fc").Should().Be(10_250);
    }

    [Fact]
    public void The_text_is_an_aligned_table()
    {
        var small = GoogLeNetTests.Small();
        using var model = GoogLeNet.Create(10, small with { Layers = [.. small.Layers.Take(4)], Auxiliaries = [small.Auxiliaries[0]] });

        // conv1 6·27 + 6; 3a 6·(4 + 3 + 2 + 4) + 9·3·5 + 25·2·3 + 21; aux1 16·4 + 4 + 16·8 + 8 + 8·10 + 10; fc 16·10 + 10
        model.Summary().ToString().ReplaceLineEndings("\n").Should().Be(
            """
            GoogLeNet 'small', 10 classes, input 3×16×16
            ─────────────────────────────────────────────────────────────────────
            Layer     Type                               Output shape  Parameters
            ─────────────────────────────────────────────────────────────────────
            conv1     Convolution 3×3 / 1                (6, 16, 16)          168
            maxpool1  Max pooling 3×3 / 2                (6, 8, 8)              0
            lrn1      Local response normalisation 5     (6, 8, 8)              0
            3a        Inception                          (16, 8, 8)           384
            aux1      Auxiliary classifier (weight 0.3)  (10)                 294
            avgpool   Global average pooling             (16)                   0
            fc        Classifier                         (10)                 170
            ─────────────────────────────────────────────────────────────────────
            Parameters: 1,016
              without auxiliary classifiers: 722
            """.ReplaceLineEndings("\n"));
    }
}
