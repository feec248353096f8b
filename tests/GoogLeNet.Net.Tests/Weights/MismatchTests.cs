using FluentAssertions;
using Inception.Tests.Training;
using Xunit;

namespace Inception.Tests.Weights;

[Collection(TorchCollection.Name)]
public sealed class MismatchTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly GoogLeNet network = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);

    private string Path => System.IO.Path.Combine(folder.Path, "weights.safetensors");

    public void Dispose()
    {
        network.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Every_key_that_does_not_fit_is_in_one_error_and_the_network_stays_as_it_was()
    {
        SaveDamaged();
        var before = network.Values();

        var error = network.Invoking(n => n.LoadWeights(Path)).Should().Throw<WeightsException>().Which;

        error.Message.Should().Be(
            $"{Path} does not fit the network 'tiny' with 3 classes: missing: aux1.fc1.bias, inception3a.branch1.bn.running_var; "
            + "unexpected: a.weight, optimizer.velocity; "
            + "misshapen: conv1.bn.bias (I64 (8) in the file, F32 (8) in the network), fc.bias (F32 (1, 3) in the file, F32 (3) in the network).");
        error.Path.Should().Be(Path);
        Report(error.Report);
        network.Values().Should().BeEquivalentTo(before);
    }

    [Fact]
    public void Not_strict_what_fits_is_loaded_and_the_rest_is_told()
    {
        var (pretrained, before) = (SaveDamaged(), network.Values());

        var report = network.LoadWeights(Path, strict: false);

        Report(report);
        report.IsComplete.Should().BeFalse();
        report.Loaded.Should().HaveCount(before.Count - 4);
        foreach (var (key, values) in network.Values())
        {
            values.Should().Equal(report.Loaded.Contains(key) ? pretrained[key] : before[key], key);
        }
    }

    [Fact]
    public void Weights_of_other_classes_are_refused_with_advice()
    {
        using var other = GoogLeNet.Create(5, Tiny.Spec());
        other.SaveWeights(Path);

        var error = network.Invoking(n => n.LoadWeights(Path)).Should().Throw<WeightsException>().Which;

        error.Report.Misshapen.Select(weight => weight.Key).Should().Equal(
            "aux1.fc2.bias", "aux1.fc2.weight", "aux2.fc2.bias", "aux2.fc2.weight", "fc.bias", "fc.weight");
        error.Message.Should().EndWith(
            "fc.weight (F32 (5, 16) in the file, F32 (3, 16) in the network). To load all but the classifiers, pass includeClassifiers: false.");
    }

    [Fact]
    public void Auxiliary_heads_that_the_network_lacks_are_unexpected_and_skipped_where_that_is_asked_for()
    {
        network.SaveWeights(Path);
        using var main = GoogLeNet.Create(3, Tiny.Spec() with { Auxiliaries = [] }, seed: 5);

        main.Invoking(n => n.LoadWeights(Path)).Should().Throw<WeightsException>()
            .Which.Report.Unexpected.Should().OnlyContain(key => key.StartsWith("aux1.") || key.StartsWith("aux2."));
        main.LoadWeights(Path, strict: false);

        main.Values().Should().BeEquivalentTo(network.Values().Where(entry => !entry.Key.StartsWith("aux")));
    }

    [Fact]
    public void A_file_without_auxiliary_classifiers_is_refused_with_both_ways_to_go_on()
    {
        using var main = GoogLeNet.Create(3, Tiny.Spec() with { Auxiliaries = [] }, seed: 5);
        main.SaveWeights(Path);

        network.Invoking(n => n.LoadWeights(Path)).Should().Throw<WeightsException>().WithMessage(
            "*The file has no such auxiliary classifiers: build the network with Auxiliaries = [], or pass strict: false to leave them as they are.");
        network.LoadWeights(Path, strict: false).Missing.Should().OnlyContain(key => key.StartsWith("aux1.") || key.StartsWith("aux2."));
    }

    [Fact]
    public void A_missing_file_is_reported_as_such()
    {
        network.Invoking(n => n.LoadWeights(Path)).Should().Throw<FileNotFoundException>().WithMessage($"*{Path}*");
    }

    private static void Report(WeightsReport report)
    {
        report.Missing.Should().Equal("aux1.fc1.bias", "inception3a.branch1.bn.running_var");
        report.Unexpected.Should().Equal("a.weight", "optimizer.velocity");
        report.Misshapen.Should().Equal(
            ("conv1.bn.bias", "I64 (8)", "F32 (8)"), ("fc.bias", "F32 (1, 3)", "F32 (3)"));
    }

    /// <summary>Two tensors fewer, two more (one is the trainer's, but this is no checkpoint), one of another shape, one of another type.</summary>
    private Dictionary<string, double[]> SaveDamaged()
    {
        using var saved = GoogLeNet.Create(3, Tiny.Spec(), seed: 1).WithTrainedNorms();
        saved.SaveWeights(Path);
        var file = SafeTensorsFile.Read(Path);
        var tensors = file.Tensors.Values.Where(tensor => tensor.Name is not ("aux1.fc1.bias" or "inception3a.branch1.bn.running_var"))
            .Select(tensor => tensor.Name switch
            {
                "fc.bias" => new SafeTensor(tensor.Name, SafeTensorsType.F32, [1, 3], tensor.Data),
                "conv1.bn.bias" => new SafeTensor(tensor.Name, SafeTensorsType.I64, [8], new byte[64]),
                _ => tensor,
            })
            .Append(new SafeTensor("optimizer.velocity", SafeTensorsType.F32, [1], new byte[4]))
            .Append(new SafeTensor("a.weight", SafeTensorsType.U8, [1], new byte[1]));
        SafeTensorsFile.Write(Path, file.Metadata, tensors);
        return saved.Values();
    }
}
