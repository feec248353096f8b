using FluentAssertions;
using Xunit;

namespace Inception.Tests.Specs;

public sealed class GoogLeNetSpecTests
{
    [Theory]
    [InlineData("paper")]
    [InlineData("Tutorial")]
    [InlineData("TorchVision")]
    [InlineData("CIFAR")]
    [InlineData("cifar-small")]
    [InlineData("cifar-fast")]
    public void A_preset_is_found_by_its_name_in_any_case(string name)
    {
        GoogLeNetSpec.FromName(name).Name.Should().Be(name.ToLowerInvariant());
        GoogLeNetSpec.FromName(name).Invoking(spec => spec.Validate()).Should().NotThrow();
    }

    [Theory]
    [InlineData("vgg")]
    [InlineData("")]
    public void An_unknown_name_is_refused_with_the_names_there_are(string name) =>
        FluentActions.Invoking(() => GoogLeNetSpec.FromName(name)).Should().Throw<ArgumentException>()
            .WithMessage($"There is no spec named '{name}'; the specs are paper, tutorial, torchvision, cifar, cifar-small, cifar-fast.*");

    [Theory]
    [InlineData(0.5, 64, 32)]
    [InlineData(0.5, 96, 48)]
    [InlineData(0.5, 16, 8)]
    [InlineData(0.5, 24, 16)] // 12 is as near to 8 as to 16 and goes up
    [InlineData(0.5, 48, 24)]
    [InlineData(0.25, 16, 8)] // 4 would go to 8 anyway
    [InlineData(0.01, 384, 8)]
    [InlineData(2.0, 48, 96)]
    [InlineData(0.75, 64, 48)]
    public void Widths_are_rounded_to_multiples_of_8(double multiplier, int channels, int expected)
    {
        var spec = OneBlock(channels).WithWidth(multiplier);

        ((ConvolutionSpec)spec.Layers[0]).Channels.Should().Be(expected);
        spec.Layers[1].Should().Be(new InceptionSpec("3a", expected, expected, expected, expected, expected, expected));
        spec.Auxiliaries[0].Channels.Should().Be(expected);
    }

    [Fact]
    public void A_changed_width_changes_nothing_else()
    {
        var spec = GoogLeNetSpec.Tutorial;
        var half = spec.WithWidth(0.5);

        half.Layers.Select(layer => (layer.GetType(), layer.Name)).Should().Equal(spec.Layers.Select(layer => (layer.GetType(), layer.Name)));
        half.Layers.OfType<MaxPoolSpec>().Should().Equal(spec.Layers.OfType<MaxPoolSpec>());
        half.Auxiliaries.Select(head => head with { Channels = 0 }).Should().Equal(spec.Auxiliaries.Select(head => head with { Channels = 0 }));
        (half with { Layers = spec.Layers, Auxiliaries = spec.Auxiliaries }).Should().Be(spec);
        spec.WithWidth(1).Should().Be(spec);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_width_that_is_not_a_positive_number_is_refused(double multiplier) =>
        GoogLeNetSpec.Paper.Invoking(spec => spec.WithWidth(multiplier)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("The width multiplier must be more than 0 and at most 64.*");

    private static GoogLeNetSpec OneBlock(int channels) => new()
    {
        Name = "one-block",
        InputSize = 8,
        Layers = [new ConvolutionSpec("conv1", channels, 3), new InceptionSpec("3a", channels, channels, channels, channels, channels, channels)],
        Auxiliaries = [new("aux1", "3a") { Channels = channels }],
    };
}
