using Cifar10Training.Doctor;
using FluentAssertions;
using TorchSharp;
using Xunit;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class DoctorComparisonTests
{
    // Of the first network: outputs, gradients, losses.
    private const int Comparisons = 3;

    [Fact]
    public void A_device_that_computes_the_same_shows_no_difference() =>
        Differences(_ => { }).Should().OnlyContain(difference => difference.Relative == 0 && difference.IsRounding);

    [Fact]
    public void Rounding_of_another_device_is_tolerated()
    {
        var differences = Differences(model => Multiply(model.parameters(), 1e-6));

        differences.Should().OnlyContain(difference => difference.Relative > 0 && difference.IsRounding);
    }

    [Fact]
    public void A_device_that_computes_one_layer_one_percent_wrong_is_found()
    {
        var differences = Differences(model => Multiply(model.parameters().Where(parameter => parameter.ndim == 4).Skip(5).Take(1), 0.01));

        differences.Should().Contain(difference => difference.What == "outputs" && !difference.IsRounding)
            .And.Contain(difference => difference.What == "gradients" && !difference.IsRounding);
    }

    [Fact]
    public void A_device_that_computes_what_is_not_a_number_is_found() =>
        Differences(model => Multiply(model.parameters().Take(1), double.NaN)).Should().OnlyContain(difference => !difference.IsRounding);

    private static Difference[] Differences(Action<GoogLeNet> fault) => [.. DeviceComparison.Compare(torch.CPU, fault).Take(Comparisons)];

    // Every second number a little larger.
    private static void Multiply(IEnumerable<TorchSharp.Modules.Parameter> parameters, double part)
    {
        using var untracked = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var parameter in parameters)
        {
            parameter.mul_(1 + (torch.arange(parameter.numel()).remainder(2).to(torch.float32).view(parameter.shape) * part));
        }
    }
}
