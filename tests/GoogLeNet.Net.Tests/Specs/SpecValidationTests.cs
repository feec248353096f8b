using System.Globalization;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Specs;

/// <summary>Every impossible spec is refused in one message: the field, its value, what would be allowed.</summary>
public sealed class SpecValidationTests
{
    private static readonly GoogLeNetSpec Valid = new()
    {
        Name = "valid",
        InputSize = 16,
        Layers =
        [
            new ConvolutionSpec("conv1", 8, Kernel: 3),
            new MaxPoolSpec("maxpool1", 3, 2),
            new LocalResponseNormSpec("lrn1"),
            new InceptionSpec("3a", 8, 8, 8, 8, 8, 8),
        ],
        Auxiliaries = [new("aux1", After: "3a") { Pooling = new AveragePooling(5, 3) }],
    };

    [Fact]
    public void The_spec_that_the_cases_change_is_possible() => Valid.Invoking(spec => spec.Validate()).Should().NotThrow();

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void Channels_of_the_input(int value) => Refused(Valid with { InputChannels = value }, $"InputChannels is {value}; it must be at least 1.");

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Dropout(double value)
    {
        Refused(Valid with { Dropout = value }, $"Dropout is {Text(value)}; it must be in [0, 1).");
        Refused(WithHead(head => head with { Dropout = value }), $"aux1.Dropout is {Text(value)}; it must be in [0, 1).");
    }

    [Fact]
    public void What_would_take_days_or_terabytes()
    {
        Refused(Valid with { Layers = [new ConvolutionSpec("conv1", 8, Kernel: 100_001), .. Valid.Layers[1..]] }, "conv1.Kernel is 100001; it must be at most 1024.");
        Refused(Valid with { Layers = [new ConvolutionSpec("conv1", int.MaxValue, Kernel: 3), .. Valid.Layers[1..]] }, "conv1.Channels is 2147483647; it must be at most 1048576.");
        Refused(Valid with { Layers = [new LocalResponseNormSpec("lrn1", Size: 200_000_000), .. Valid.Layers[3..]] }, "lrn1.Size is 200000000; it must be at most 1024.");
        Refused(WithHead(head => head with { Pooling = new AdaptiveAveragePooling(65_536) }), "aux1.Pooling.Size is 65536; it must be at most 1024.");
        Refused(Valid with { Layers = [.. Enumerable.Range(0, 1001).Select(i => new MaxPoolSpec($"pool{i}", 1, 1))] }, "Layers is 1001 layers; it must be at most 1000 layers.");
        Refused(Valid with { Layers = [.. Valid.Layers, null!] }, "Layers is null at one place; it must be layers only.");
    }

    [Fact]
    public void No_layers()
    {
        Refused(Valid with { Layers = [] }, "Layers is empty; it must be at least one layer.");
        Refused(Valid with { Layers = default }, "Layers is empty; it must be at least one layer.");
        Refused(Valid with { Auxiliaries = default }, "Auxiliaries is default; it must be an array, empty for no auxiliary classifiers.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1e-3)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Epsilon_of_batch_normalisation(double value) =>
        Refused(Valid with { Blocks = new() { BatchNormEpsilon = value } }, $"Blocks.BatchNormEpsilon is {Text(value)}; it must be *more than 0.");

    [Theory]
    [InlineData(0)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void Momentum_of_batch_normalisation(double value) =>
        Refused(Valid with { Blocks = new() { BatchNormMomentum = value } }, $"Blocks.BatchNormMomentum is {Text(value)}; it must be in (0, 1].");

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Initial_biases(double value)
    {
        Refused(Valid with { Blocks = new() { InceptionBias = value } }, $"Blocks.InceptionBias is {Text(value)}; it must be a finite number.");
        Refused(WithLayer(new ConvolutionSpec("conv1", 8, 3, Bias: value)), $"conv1.Bias is {Text(value)}; it must be a finite number.");
        Refused(WithHead(head => head with { Bias = value }), $"aux1.Bias is {Text(value)}; it must be a finite number.");
    }

    [Fact]
    public void Words_that_are_not_of_their_enumeration()
    {
        Refused(Valid with { Pooling = (PoolingRule)9 }, "Pooling is 9; it must be one of Ceil, Floor, Same.");
        Refused(Valid with { Blocks = new() { Padding = (PaddingRule)9 } }, "Blocks.Padding is 9; it must be one of Symmetric, Same.");
        Refused(Valid with { Blocks = new() { Normalization = (Normalization)9 } }, "Blocks.Normalization is 9; it must be one of None, BatchNorm.");
        Refused(Valid with { Blocks = new() { Branch5x5 = (Branch5x5)9 } }, "Blocks.Branch5x5 is 9; it must be one of Conv5x5, Conv3x3, TwoConv3x3.");
        Refused(
            Valid with { Blocks = new() { Weights = (WeightInitializer)9 } },
            "Blocks.Weights is 9; it must be one of GlorotUniform, CaffeXavier, HeUniform, TruncatedNormal.");
    }

    public static TheoryData<LayerSpec, string> ImpossibleLayers => new()
    {
        { new ConvolutionSpec("conv1", 0, 3), "conv1.Channels is 0; it must be at least 1." },
        { new ConvolutionSpec("conv1", 8, 3, Stride: 0), "conv1.Stride is 0; it must be at least 1." },
        { new ConvolutionSpec("conv1", 8, 0), "conv1.Kernel is 0; it must be odd and positive." },
        { new ConvolutionSpec("conv1", 8, -1), "conv1.Kernel is -1; it must be odd and positive." },
        { new ConvolutionSpec("conv1", 8, 4), "conv1.Kernel is 4; it must be odd and positive." },
        { new MaxPoolSpec("pool", 0, 2), "pool.Kernel is 0; it must be at least 1." },
        { new MaxPoolSpec("pool", 3, 0), "pool.Stride is 0; it must be at least 1." },
        { new LocalResponseNormSpec("lrn", Size: 0), "lrn.Size is 0; it must be at least 1." },
        { new LocalResponseNormSpec("lrn", Alpha: double.NaN), "lrn.Alpha is NaN; it must be a finite number." },
        { new LocalResponseNormSpec("lrn", Beta: double.NaN), "lrn.Beta is NaN; it must be a finite number." },
        { new LocalResponseNormSpec("lrn", K: double.NaN), "lrn.K is NaN; it must be a finite number." },
        { new InceptionSpec("x", 0, 8, 8, 8, 8, 8), "x.Conv1x1 is 0; it must be at least 1." },
        { new InceptionSpec("x", 8, 0, 8, 8, 8, 8), "x.Reduce3x3 is 0; it must be at least 1." },
        { new InceptionSpec("x", 8, 8, 0, 8, 8, 8), "x.Conv3x3 is 0; it must be at least 1." },
        { new InceptionSpec("x", 8, 8, 8, 0, 8, 8), "x.Reduce5x5 is 0; it must be at least 1." },
        { new InceptionSpec("x", 8, 8, 8, 8, 0, 8), "x.Conv5x5 is 0; it must be at least 1." },
        { new InceptionSpec("x", 8, 8, 8, 8, 8, -8), "x.PoolProjection is -8; it must be at least 1." },
        { new MaxPoolSpec("", 3, 2), "Layers is a layer named ''; it must be names of letters, digits, '-' and '_'." },
        { new MaxPoolSpec("a.b", 3, 2), "Layers is a layer named 'a.b'; it must be names of letters, digits, '-' and '_'." },
        { new MaxPoolSpec("größe", 3, 2), "Layers is a layer named 'größe'; it must be names of letters, digits, '-' and '_'." },
        { new MaxPoolSpec(null!, 3, 2), "Layers is a layer named ''; it must be names of letters, digits, '-' and '_'." },
        { new MaxPoolSpec("3a", 3, 2), "Layers is '3a' twice; it must be unique names." },
        { new MaxPoolSpec("aux1", 3, 2), "Layers is 'aux1' twice; it must be unique names." },
        { new MaxPoolSpec("fc", 3, 2), "Layers is 'fc' twice; it must be unique names." },
        { new MaxPoolSpec("inception3a", 3, 2), "Layers is 'inception3a' twice; it must be unique names." },
    };

    [Theory]
    [MemberData(nameof(ImpossibleLayers))]
    public void Layers(LayerSpec layer, string message) => Refused(WithLayer(layer), message);

    public static TheoryData<AuxiliarySpec, string> ImpossibleHeads => new()
    {
        { new("main", "3a"), "Auxiliaries is a head named 'main'; it must be names of letters, digits, '-' and '_' other than 'main'." },
        { new("a b", "3a"), "Auxiliaries is a head named 'a b'; it must be names of letters, digits, '-' and '_' other than 'main'." },
        { new("aux1", "9z"), "aux1.After is 9z; it must be one of 3a." },
        { new("aux1", "conv1"), "aux1.After is conv1; it must be one of 3a." },
        { new("aux1", "3a") { Weight = 0 }, "aux1.Weight is 0; it must be a number more than 0." },
        { new("aux1", "3a") { Weight = -0.3 }, "aux1.Weight is -0.3; it must be a number more than 0." },
        { new("aux1", "3a") { Weight = double.NaN }, "aux1.Weight is NaN; it must be a number more than 0." },
        { new("aux1", "3a") { Weight = double.PositiveInfinity }, "aux1.Weight is Infinity; it must be a number more than 0." },
        { new("aux1", "3a") { Channels = 0 }, "aux1.Channels is 0; it must be at least 1." },
        { new("aux1", "3a") { Hidden = 0 }, "aux1.Hidden is 0; it must be at least 1." },
        { new("aux1", "3a") { Pooling = new AveragePooling(0, 1) }, "aux1.Pooling.Kernel is 0; it must be at least 1." },
        { new("aux1", "3a") { Pooling = new AveragePooling(5, 0) }, "aux1.Pooling.Stride is 0; it must be at least 1." },
        { new("aux1", "3a") { Pooling = new AdaptiveAveragePooling(0) }, "aux1.Pooling.Size is 0; it must be at least 1." },
        { new("fc", "3a"), "Layers is 'fc' twice; it must be unique names." },
        { new("inception3a", "3a"), "Layers is 'inception3a' twice; it must be unique names." },
    };

    [Theory]
    [MemberData(nameof(ImpossibleHeads))]
    public void Heads(AuxiliarySpec head, string message) => Refused(Valid with { Auxiliaries = [head] }, message);

    [Theory]
    [InlineData(0, "no pixels at all")]
    [InlineData(-1, "less than none")]
    public void Input_sizes_that_a_layer_or_head_does_not_fit_into(int size, string reason) =>
        // 3×3/2 rounded up gives ⌈(n − 3) / 2⌉ + 1 ≥ 5 from n = 10 on.
        Refused(Valid with { InputSize = size }, $"InputSize is {size}; it must be at least 10.", reason);

    [Fact]
    public void A_map_that_a_heads_windows_do_not_fit_into() =>
        // 3×3/2 rounded up leaves 4 pixels of 8.
        Refused(Valid with { InputSize = 8 }, "InputSize is 8; it must be at least 10, or the head 'aux1' another pooling: the map of '3a' has 4×4 pixels there.");

    [Fact]
    public void A_network_that_no_input_fits() =>
        Refused(
            WithHead(head => head with { Pooling = new AveragePooling(1000, 1) }) with { Layers = [Valid.Layers[0], new MaxPoolSpec("pool2", 2, 2), new MaxPoolSpec("pool3", 2, 2), .. Valid.Layers[1..]] },
            "InputSize is 16; it must be a network that fits some input up to 4096, or the head 'aux1' another pooling: the map of '3a' has 2×2 pixels there.");

    [Fact]
    public void Whitenings()
    {
        var first = Valid with { Layers = Valid.Layers.Insert(0, new WhiteningSpec("white", 2)) };
        first.Invoking(spec => spec.Validate()).Should().NotThrow();

        Refused(
            Valid with { Layers = Valid.Layers.Insert(1, new WhiteningSpec("white", 2)) },
            "Layers is a whitening behind another layer; it must be one whose whitening, if any, is the first layer.");
        Refused(Whitened(new("white", 0)), "white.Kernel is 0; it must be at least 1.");
        Refused(Whitened(new("white", 2, Stride: 0)), "white.Stride is 0; it must be at least 1.");
        foreach (var epsilon in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            Refused(Whitened(new("white", 2, Epsilon: epsilon)), $"white.Epsilon is {Text(epsilon)}; it must be a finite number more than 0.");
        }

        static GoogLeNetSpec Whitened(WhiteningSpec layer) => Valid with { Layers = Valid.Layers.Insert(0, layer) };
    }

    [Fact]
    public void Two_heads_of_one_name() =>
        Refused(Valid with { Auxiliaries = [new("a", "3a"), new("a", "3a")] }, "Layers is 'a' twice; it must be unique names.");

    [Fact]
    public void Create_refuses_what_cannot_be_built() =>
        FluentActions.Invoking(() => GoogLeNet.Create(10, Valid with { InputChannels = 0 })).Should().Throw<ArgumentException>();

    private static GoogLeNetSpec WithLayer(LayerSpec layer) =>
        Valid with { Layers = layer.Name == "conv1" ? Valid.Layers.SetItem(0, layer) : Valid.Layers.Add(layer) };

    private static GoogLeNetSpec WithHead(Func<AuxiliarySpec, AuxiliarySpec> change) => Valid with { Auxiliaries = [change(Valid.Auxiliaries[0])] };

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Refused(GoogLeNetSpec spec, string message, string because = "") =>
        spec.Invoking(s => s.Validate()).Should().Throw<ArgumentException>(because).WithMessage(message);
}
