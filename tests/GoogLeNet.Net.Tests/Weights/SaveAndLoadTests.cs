using System.Text.Json.Nodes;
using FluentAssertions;
using Inception.Tests.Training;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Weights;

[Collection(TorchCollection.Name)]
public sealed class SaveAndLoadTests : IDisposable
{
    private readonly TestFolder folder = new();

    private string Path => System.IO.Path.Combine(folder.Path, "weights.safetensors");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    public void A_round_trip_keeps_every_bit(ScalarType type)
    {
        using var saved = GoogLeNet.Create(3, Tiny.Spec(), seed: 1).WithTrainedNorms().to(type);
        using var loaded = GoogLeNet.Create(3, Tiny.Spec(), seed: 2).to(type);

        saved.SaveWeights(Path);
        var report = loaded.LoadWeights(Path);

        report.IsComplete.Should().BeTrue();
        report.Loaded.Should().Equal(saved.Values().Keys.Order(StringComparer.Ordinal));
        loaded.Values().Should().BeEquivalentTo(saved.Values());
    }

    [Fact]
    public void A_file_holds_the_state_keys_in_out_in_height_width_order_whatever_the_layout_in_memory()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        using var channelsLast = new FlatParameters(network);

        network.SaveWeights(Path);

        var file = File.ReadAllBytes(Path);
        var weight = network.named_parameters().Single(named => named.name == "conv1.conv.weight").parameter;
        weight.is_contiguous().Should().BeFalse();
        SafeTensorsBytes.Data(file, "conv1.conv.weight").Should().Equal(weight.Floats().SelectMany(BitConverter.GetBytes));
        var header = SafeTensorsBytes.Header(file);
        header["conv1.conv.weight"]!.ToJsonString().Should().StartWith("""{"dtype":"F32","shape":[8,3,3,3],""");
        header["conv1.bn.num_batches_tracked"]!.ToJsonString().Should().StartWith("""{"dtype":"I64","shape":[],""");
        header.Select(entry => entry.Key).Should().BeEquivalentTo(network.Values().Keys.Append("__metadata__"));
    }

    [Fact]
    public void The_metadata_says_what_the_file_is_and_which_network_it_is_of()
    {
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        network.SaveWeights(Path);

        var metadata = SafeTensorsFile.Read(Path).Metadata;

        metadata.Keys.Should().BeEquivalentTo("format", "version", "model");
        metadata["format"].Should().Be("GoogLeNet.Net weights 1");
        metadata["version"].Should().StartWith("0.");
        var model = JsonNode.Parse(metadata["model"])!;
        model["numClasses"]!.GetValue<int>().Should().Be(3);
        model["spec"]!["name"]!.GetValue<string>().Should().Be("tiny");
    }

    [Fact]
    public void Loading_goes_into_the_trainers_buffer()
    {
        using var saved = GoogLeNet.Create(3, Tiny.Spec(), seed: 1).WithTrainedNorms();
        saved.SaveWeights(Path);
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);
        using var flat = new FlatParameters(network);
        var parameters = network.parameters().ToArray();
        var sum = saved.named_parameters().Sum(named => named.parameter.Floats().Sum(value => (double)value));

        network.LoadWeights(Path);

        network.parameters().Should().Equal(parameters, ReferenceEquals);
        network.parameters().Should().OnlyContain(parameter => parameter.requires_grad);
        network.Values().Should().BeEquivalentTo(saved.Values());
        flat.Values.Floats().Sum(value => (double)value).Should().BeApproximately(sum, 1e-9, "the parameters are still views of the buffer");
    }

    [Fact]
    public void The_trainers_checkpoint_loads_as_weights()
    {
        using var trained = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        new MultiHeadTrainer(trained, new TrainerOptions { Epochs = 1, BatchSize = 8, Schedule = new Triangular(0.05), CheckpointFolder = folder.Path })
            .Fit(Tiny.Noise(16));
        using var loaded = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);

        var report = loaded.LoadWeights(folder.Last);

        report.Unexpected.Should().BeEmpty("momentum and metrics are the run's, not the network's");
        loaded.Values().Should().BeEquivalentTo(trained.Values());
    }

    [Fact]
    public void Another_programs_file_of_the_same_tensors_loads_too()
    {
        using var saved = GoogLeNet.Create(3, Tiny.Spec(), seed: 1);
        saved.SaveWeights(Path);
        SafeTensorsFile.Write(Path, new Dictionary<string, string>(), SafeTensorsFile.Read(Path).Tensors.Values);
        using var loaded = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);

        loaded.LoadWeights(Path);

        loaded.Values().Should().BeEquivalentTo(saved.Values());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_its_classifiers_a_file_of_other_classes_starts_a_fine_tuning(bool strict)
    {
        using var saved = GoogLeNet.Create(5, Tiny.Spec(), seed: 1).WithTrainedNorms();
        saved.SaveWeights(Path);
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);
        var (before, pretrained) = (network.Values(), saved.Values());

        var report = network.LoadWeights(Path, strict, includeClassifiers: false);

        string[] classifiers = ["aux1.fc2.bias", "aux1.fc2.weight", "aux2.fc2.bias", "aux2.fc2.weight", "fc.bias", "fc.weight"];
        report.IsComplete.Should().BeTrue();
        report.Loaded.Should().Equal(pretrained.Keys.Except(classifiers).Order(StringComparer.Ordinal));
        foreach (var (key, values) in network.Values())
        {
            values.Should().Equal(classifiers.Contains(key) ? before[key] : pretrained[key], key);
        }
    }
}
