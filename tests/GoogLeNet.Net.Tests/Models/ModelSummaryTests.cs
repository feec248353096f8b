using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

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
        var modules = model.named_modules().ToDictionary(named => named.name, named => named.module);
        Tensor Call(string name, Tensor x) => ((nn.Module<Tensor, Tensor>)modules[name]).call(x);
        var x = zeros(1, 3, model.InputSize, model.InputSize);

        foreach (var layer in model.Spec.Layers)
        {
            var key = GoogLeNetSpec.KeyOf(layer);
            foreach (var branch in modules.Keys.Where(name => name.StartsWith($"{key}.branch") && rows.ContainsKey(name)))
            {
                Matches(rows[branch], Call(branch, branch.EndsWith(".1") || branch.EndsWith(".2") ? Call(Before(branch), x) : x));
            }

            x = Call(key, x);
            Matches(rows[key], x);
            foreach (var head in model.Spec.Auxiliaries.Where(head => head.After == layer.Name))
            {
                Matches(rows[$"{head.Name}.fc2"], Call(head.Name, x));
                rows[$"{head.Name}.conv"].OutputShape.Take(1).Should().Equal(head.Channels);
            }
        }

        rows["avgpool"].OutputShape.Should().Equal((int)x.shape[1]);
        rows["fc"].OutputShape.Should().Equal(7);
    }

    [Fact]
    public void Parameters_are_the_tutorials()
    {
        using var model = GoogLeNet.Create(10, GoogLeNetSpec.Tutorial);
        var summary = model.Summary();
        long Of(string start) => summary.Rows.Where(row => row.Name.StartsWith(start)).Sum(row => row.Parameters);

        summary.Parameters.Should().Be(10_334_030);
        summary.MainParameters.Should().Be(5_983_802);
        Of("conv1").Should().Be((7 * 7 * 3 * 64) + 64);
        // in·(64 + 96 + 16 + 32) + 9·96·128 + 25·16·32 + biases
        Of("inception3a").Should().Be((192 * 208) + (9 * 96 * 128) + (25 * 16 * 32) + 64 + 96 + 128 + 16 + 32 + 32);
        Of("maxpool1").Should().Be(0);
        Of("aux1").Should().Be(2_174_090);
        Of("aux2").Should().Be(2_176_138);
        Of("fc").Should().Be(10_250);
    }

    [Fact]
    public void Every_parameter_is_in_one_row()
    {
        foreach (var preset in GoogLeNetSpec.Presets)
        {
            using var model = GoogLeNet.Create(10, preset);
            model.Summary().Parameters.Should().Be(model.parameters().Sum(parameter => parameter.numel()), preset.Name);
        }
    }

    [Theory]
    [InlineData(Branch5x5.Conv5x5, 1.58e9, "the paper's table sums to about this")]
    [InlineData(Branch5x5.Conv3x3, 1.50e9, "the figure of section 5, which fits torchvision's branch")]
    public void Multiply_adds_are_those_of_the_paper(Branch5x5 branch, double expected, string reason)
    {
        using var model = GoogLeNet.Create(1000, GoogLeNetSpec.Paper with { Blocks = new() { Branch5x5 = branch } });
        ((double)model.Summary().MainMultiplyAdds).Should().BeApproximately(expected, 0.005e9, reason);
    }

    [Fact]
    public void The_text_is_an_aligned_table()
    {
        var small = GoogLeNetTests.Small();
        using var model = GoogLeNet.Create(10, small with { Layers = [.. small.Layers.Take(4)], Auxiliaries = [small.Auxiliaries[0]] });

        // Parameters: inputs × outputs × kernel + biases. Multiply-adds: the same without biases, at each place of the output.
        model.Summary().ToString().ReplaceLineEndings("\n").Should().Be(
            """
            GoogLeNet 'small', 10 classes, input 3×16×16
            ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            Layer                  Type                            Output shape  Parameters  Multiply-adds  Connected to
            ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            conv1                  Convolution 3×3 / 1             (6, 16, 16)          168         41,472  input
            maxpool1               Max pooling 3×3 / 2             (6, 8, 8)              0              0  conv1
            lrn1                   Local response normalization 5  (6, 8, 8)              0              0  maxpool1
            inception3a.branch1    Convolution 1×1 / 1             (4, 8, 8)             28          1,536  lrn1
            inception3a.branch2.0  Convolution 1×1 / 1             (3, 8, 8)             21          1,152  lrn1
            inception3a.branch2.1  Convolution 3×3 / 1             (5, 8, 8)            140          8,640  inception3a.branch2.0
            inception3a.branch3.0  Convolution 1×1 / 1             (2, 8, 8)             14            768  lrn1
            inception3a.branch3.1  Convolution 5×5 / 1             (3, 8, 8)            153          9,600  inception3a.branch3.0
            inception3a.branch4.0  Max pooling 3×3 / 1             (6, 8, 8)              0              0  lrn1
            inception3a.branch4.1  Convolution 1×1 / 1             (4, 8, 8)             28          1,536  inception3a.branch4.0
            inception3a            Concatenation                   (16, 8, 8)             0              0  branch1, branch2.1, branch3.1, branch4.1
            aux1.pool              Average pooling                 (16, 2, 2)             0              0  inception3a
            aux1.conv              Convolution 1×1 / 1             (4, 2, 2)             68            256  aux1.pool
            aux1.fc1               Fully connected                 (8)                  136            128  aux1.conv
            aux1.dropout           Dropout 0.7                     (8)                    0              0  aux1.fc1
            aux1.fc2               Classifier (weight 0.3)         (10)                  90             80  aux1.dropout
            avgpool                Global average pooling          (16)                   0              0  inception3a
            dropout                Dropout 0.4                     (16)                   0              0  avgpool
            fc                     Classifier                      (10)                 170            160  dropout
            ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            1,016 parameters, 65,328 multiply-adds for one image
            722 parameters, 64,864 multiply-adds without auxiliary classifiers
            """.ReplaceLineEndings("\n"));
    }

    private static string Before(string branch) => $"{branch[..^1]}{branch[^1] - '1'}";

    private static void Matches(SummaryRow row, Tensor output) =>
        output.shape.Should().Equal([1, .. row.OutputShape.Select(size => (long)size)], row.Name);
}
