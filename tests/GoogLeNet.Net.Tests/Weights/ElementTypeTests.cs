using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FluentAssertions;
using Inception.Evaluation;
using Inception.Tests.Training;
using Inception.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Weights;

/// <summary>Files whose numbers have another form than the network's.</summary>
[Collection(TorchCollection.Name)]
public sealed class ElementTypeTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly GoogLeNet saved = GoogLeNet.Create(3, Tiny.Spec(), seed: 1).WithTrainedNorms();

    private string File => Path.Combine(folder.Path, "weights.safetensors");

    public void Dispose()
    {
        saved.Dispose();
        folder.Dispose();
    }

    // The expected values are .NET's own conversions; bfloat16 is the upper half of a float32, rounded to the nearest, of two the even.
    public static TheoryData<string, Func<float, byte[]>, Func<float, double>> Forms => new()
    {
        { "F64", value => BitConverter.GetBytes((double)value), value => value },
        { "F16", value => BitConverter.GetBytes((Half)value), value => (double)(Half)value },
        { "BF16", value => BitConverter.GetBytes(BFloat16(value)), value => BitConverter.UInt32BitsToSingle((uint)BFloat16(value) << 16) },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Floating_point_weights_of_another_type_are_cast(string type, Func<float, byte[]> bytes, Func<float, double> expected)
    {
        Save(SafeTensorsTypes.Parse(type)!.Value, bytes);
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);

        var report = network.LoadWeights(File);

        report.Cast.Should().HaveCount(report.Loaded.Count(key => !key.EndsWith("num_batches_tracked", StringComparison.Ordinal)));
        report.ToString().Should().Be($"all {report.Loaded.Count} tensors fit, {report.Cast.Count} of them cast");
        var original = saved.Values();
        foreach (var (key, values) in network.Values())
        {
            values.Should().Equal(report.Cast.Contains(key) ? original[key].Select(value => expected((float)value)) : original[key], key);
        }

        using var loaded = GoogLeNet.Load(File);
        loaded.Values().Should().BeEquivalentTo(network.Values());
        CompiledNetwork.Load(File).Dispose();
    }

    [Fact]
    public void A_network_of_bfloat16_is_saved_and_loaded()
    {
        using var half = saved.WithoutAuxiliaries().to(ScalarType.BFloat16);
        half.SaveWeights(File);

        using var loaded = GoogLeNet.Load(File);

        loaded.Values().Should().BeEquivalentTo(half.Values());
        loaded.parameters().Should().OnlyContain(parameter => parameter.dtype == ScalarType.Float32);
    }

    [Fact]
    public void What_a_callback_saves_during_a_run_in_bfloat16_can_be_loaded()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        using var data = Tiny.Noise(4, size: 8);
        new MultiHeadTrainer(model, new() { Epochs = 1, Precision = Precision.BFloat16, Callbacks = [new Saving(model, File)] }).Fit(data);

        using var predictor = Predictor.Load(File);
        predictor.Classify(data.Images[0]).Should().ContainSingle();
    }

    [Fact]
    public void Integers_never_become_weights()
    {
        Save(SafeTensorsType.I8, value => [(byte)(sbyte)(value * 10)]);

        saved.Invoking(network => network.LoadWeights(File)).Should().Throw<WeightsException>().WithMessage("*aux1.conv.bn.bias (I8 (4) in the file, F32 (4) in the network)*");
    }

    [Fact]
    public void Counters_of_other_integers_are_cast()
    {
        var tensors = saved.Tensors().Values.Select(tensor =>
            tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? new SafeTensor(tensor.Name, SafeTensorsType.I32, tensor.Shape, BitConverter.GetBytes(23)) : tensor);
        SafeTensorsFile.Write(File, saved.Metadata(WeightsFormat.Weights), tensors);

        using var network = GoogLeNet.Load(File);

        network.Values().Where(entry => entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Should().NotBeEmpty().And.OnlyContain(entry => entry.Value.Single() == 23);
    }

    [Fact]
    public void A_file_without_batch_norms_counters_is_loaded_and_the_network_keeps_its_own()
    {
        SafeTensorsFile.Write(File, saved.Metadata(WeightsFormat.Weights), saved.Tensors().Values.Where(tensor => !tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)));
        using var network = GoogLeNet.Create(3, Tiny.Spec(), seed: 2);

        network.LoadWeights(File).IsComplete.Should().BeTrue();

        network.Values().Where(entry => entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Should().OnlyContain(entry => entry.Value.Single() == 0);
        GoogLeNet.Load(File).Dispose();
    }

    [Theory]
    [InlineData("I8", 1)]
    [InlineData("I16", 2)]
    [InlineData("U16", 2)]
    [InlineData("U32", 4)]
    [InlineData("U64", 8)]
    [InlineData("F8_E4M3", 1)]
    [InlineData("F8_E5M2", 1)]
    [InlineData("F8_E8M0", 1)]
    [InlineData("C64", 8)]
    public void A_tensor_of_a_rarer_type_hinders_no_other(string type, int size)
    {
        var extra = new byte[3 * size];
        System.IO.File.WriteAllBytes(File, SafeTensorsBytes.File(
            $$$"""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"{{{type}}}","shape":[3],"data_offsets":[4,{{{4 + extra.Length}}}]}}""",
            [.. BitConverter.GetBytes(1.5f), .. extra]));

        var file = SafeTensorsFile.Read(File);

        MemoryMarshal.Read<float>(file.Tensors["a"].Data.Span).Should().Be(1.5f);
        file.Tensors["b"].Form.ToString().Should().Be($"{type} (3)");
        saved.LoadWeights(File, strict: false).Unexpected.Should().Equal("a", "b");
    }

    private static ushort BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private void Save(SafeTensorsType type, Func<float, byte[]> bytes)
    {
        var tensors = saved.Tensors().Values.Select(tensor => tensor.Type != SafeTensorsType.F32 ? tensor : new SafeTensor(
            tensor.Name, type, tensor.Shape,
            Enumerable.Range(0, tensor.Data.Length / 4).SelectMany(i => bytes(BinaryPrimitives.ReadSingleLittleEndian(tensor.Data.Span[(4 * i)..]))).ToArray()));
        SafeTensorsFile.Write(File, saved.Metadata(WeightsFormat.Weights), tensors);
    }

    private sealed class Saving(MultiHeadModel model, string path) : ITrainingCallback
    {
        public TrainingRequests Observe(TrainingEvent value)
        {
            if (value is StepEvent)
            {
                model.SaveWeights(path);
            }

            return TrainingRequests.None;
        }
    }
}
