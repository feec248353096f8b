using System.IO.Compression;
using System.Text;
using FluentAssertions;
using Inception.Interop;
using Inception.Tests.Evidence.TorchVision;
using Inception.Tests.Training;
using Inception.Tests.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Interop;

/// <summary>PyTorch's files, against numbers that PyTorch and torchvision computed.</summary>
[Collection(TorchCollection.Name)]
public sealed class TorchFileTests : IDisposable
{
    private const int Classes = 5;

    private readonly TestFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    private string Target => Path.Combine(folder.Path, "model.pth");

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("narrow.legacy.pth", 1e-5, "float32, contiguous")]
    [InlineData("narrow.pth", 5e-3, "half-precision views of one storage, channels-last, without counters")]
    public void A_network_of_torchvision_computes_its_logits_of_all_heads(string file, double tolerance, string form)
    {
        using var model = GoogLeNet.Create(Classes, Files.Narrow);
        var report = model.LoadTorchWeights(Files.PathOf(file));

        report.IsComplete.Should().BeTrue(form);
        Compare(model, Files.Reference.Logits, tolerance);
    }

    [Theory]
    [InlineData("layouts.pth")]
    [InlineData("layouts.legacy.pth")]
    public void Tensors_of_every_layout_and_type_have_their_values(string file)
    {
        using var state = StateDict.Open(Files.PathOf(file));
        state.Tensors.Keys.Should().BeEquivalentTo(Files.Reference.Layouts.Keys);
        foreach (var (key, expected) in Files.Reference.Layouts)
        {
            state.Tensors[key].Shape.Should().Equal(expected.Shape, key);
            var target = zeros(expected.Shape, dtype: ScalarType.Float64);
            state.CopyTo(new Dictionary<string, Tensor> { [key] = target });
            (expected.Values.Length == 0 ? [] : target.data<double>().ToArray()).Should().Equal(expected.Values, key);
        }
    }

    [Theory]
    [InlineData("checkpoint.pth")]
    [InlineData("checkpoint.legacy.pth")]
    public void The_network_of_a_checkpoint_is_found_and_its_wrapper_taken_off(string file)
    {
        using var state = StateDict.Open(Files.PathOf(file));

        state.Tensors.Keys.Should().BeEquivalentTo("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked");
    }

    [Fact]
    public void Any_wrapped_module_takes_a_file_of_its_keys()
    {
        using var layers = MultiHeadModel.Wrap(nn.Sequential(("0", nn.Conv2d(3, 2, 1)), ("1", nn.BatchNorm2d(2)), ("2", nn.Flatten())), numClasses: 2, inputSize: 1);

        layers.LoadTorchWeights(Files.PathOf("checkpoint.pth")).Loaded.Should().HaveCount(7);
        layers.Invoking(model => model.LoadTorchWeights(Files.PathOf("checkpoint.pth"), includeClassifiers: false)).Should().Throw<ArgumentException>().WithMessage("*override ClassifierKeys*");
    }

    [Fact]
    public void What_was_saved_is_loaded_bit_for_bit()
    {
        using var saved = GoogLeNet.Create(Classes, Tiny.Spec(), seed: 1).WithTrainedNorms();
        using var loaded = GoogLeNet.Create(Classes, Tiny.Spec(), seed: 2);
        saved.SaveTorchWeights(Target);

        loaded.LoadTorchWeights(Target).IsComplete.Should().BeTrue();
        loaded.Values().Should().BeEquivalentTo(saved.Values());
        Directory.GetFiles(folder.Path).Should().Equal(Target);
    }

    [Fact]
    public void A_saved_file_has_the_form_of_torch_save()
    {
        using var model = GoogLeNet.Create(Classes, Tiny.Spec());
        model.SaveTorchWeights(Target);

        using var zip = System.IO.Compression.ZipFile.OpenRead(Target);
        zip.Entries.Select(entry => entry.FullName).Should().StartWith(["archive/data.pkl", "archive/byteorder", "archive/data/0"]).And.EndWith("archive/version");
        zip.Entries.Should().OnlyContain(entry => entry.CompressedLength == entry.Length);
        var bytes = File.ReadAllBytes(Target);
        foreach (var entry in zip.Entries)
        {
            using var content = new MemoryStream();
            entry.Open().CopyTo(content);
            var header = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(entry.FullName)) - 30;
            var start = header + 30 + entry.FullName.Length + BitConverter.ToUInt16(bytes, header + 28);
            (start % 64).Should().Be(0, entry.FullName);
            bytes[start..(start + (int)entry.Length)].Should().Equal(content.ToArray(), entry.FullName);
        }
    }

    [Fact]
    public void Saving_fails_whole()
    {
        using var model = GoogLeNet.Create(Classes, Tiny.Spec());
        File.WriteAllText(Target, "as it was");
        model.Dispose();

        model.Invoking(network => network.SaveTorchWeights(Target)).Should().Throw<ObjectDisposedException>();
        model.Invoking(network => network.SaveTorchWeights(Path.Combine(folder.Path, "nowhere", "model.pth"))).Should().Throw<Exception>();
        File.ReadAllText(Target).Should().Be("as it was");
    }

    [Theory]
    [InlineData(true, 7)]
    [InlineData(false, 3)]
    public void Torchvisions_network_is_recognized_with_its_heads_and_classes(bool hasHeads, int classes)
    {
        var spec = GoogLeNetSpec.TorchVision with { Blocks = GoogLeNetSpec.TorchVision.Blocks with { Weights = WeightInitializer.HeUniform } };
        using (var saved = GoogLeNet.Create(classes, hasHeads ? spec : spec with { Auxiliaries = [] }))
        {
            saved.SaveTorchWeights(Target);
        }

        using var model = GoogLeNet.LoadTorch(Target);

        model.NumClasses.Should().Be(classes);
        model.training.Should().BeFalse();
        model.Spec.Should().Be(hasHeads ? GoogLeNetSpec.TorchVision : GoogLeNetSpec.TorchVision with { Auxiliaries = [] });
    }

    [Fact]
    public void Classifiers_are_left_out_for_other_classes()
    {
        using var model = GoogLeNet.Create(3, Files.Narrow);
        var before = model.Values();

        model.Invoking(network => network.LoadTorchWeights(Files.PathOf("narrow.pth"))).Should().Throw<WeightsException>()
            .WithMessage("*fc.weight (F16 (5, 16) in the file, F32 (3, 16) in the network). To load all but the classifiers, pass includeClassifiers: false.");
        model.Values().Should().BeEquivalentTo(before);
        model.LoadTorchWeights(Files.PathOf("narrow.pth"), includeClassifiers: false).IsComplete.Should().BeTrue();
        model.Values()["fc.weight"].Should().Equal(before["fc.weight"]);
        model.Values()["conv1.conv.weight"].Should().NotEqual(before["conv1.conv.weight"]);
    }

    [Fact]
    public void Heads_that_the_network_lacks_are_left_out_where_that_is_asked_for()
    {
        using var model = GoogLeNet.Create(Classes, Files.Narrow with { Auxiliaries = [] });

        model.Invoking(network => network.LoadTorchWeights(Files.PathOf("narrow.pth"))).Should().Throw<WeightsException>().WithMessage("*unexpected: aux1.*pass strict: false.");
        model.LoadTorchWeights(Files.PathOf("narrow.pth"), strict: false).Missing.Should().BeEmpty();
        Compare(model, new() { ["main"] = Files.Reference.Logits["main"] }, 5e-3);
    }

    [Fact]
    public void A_state_dict_of_another_network_is_refused_in_a_line()
    {
        FluentActions.Invoking(() => GoogLeNet.LoadTorch(Files.PathOf("checkpoint.pth"))).Should().Throw<ModelFileException>()
            .WithMessage("*it is not of torchvision's googlenet: it has no classifier 'fc.weight' of 1,024 inputs; its tensors are 0.weight, 0.bias, *read the file with LoadTorchWeights.");
        using var model = GoogLeNet.Create(Classes, Files.Narrow);
        var error = model.Invoking(network => network.LoadTorchWeights(Files.PathOf("checkpoint.pth"))).Should().Throw<WeightsException>().Which;
        error.Report.Missing.Should().HaveCountGreaterThan(300);
        error.Message.Should().Contain("missing: aux1.conv.bn.bias, ").And.MatchRegex(@"… and \d+ more; unexpected: 0\.bias").And.Match(message => message.Length < 900);
        FluentActions.Invoking(() => GoogLeNet.LoadTorch(Files.PathOf("narrow.pth"))).Should().Throw<ModelFileException>().WithMessage("*it is not of torchvision's googlenet*");
    }

    [Theory]
    [InlineData("whole-model.pth", "objects of Python's class torch.nn.modules.linear.Linear, as a whole model that was pickled does, and no state dict; save the state dict alone: torch.save(model.state_dict(), path)")]
    [InlineData("torchscript.pth", "it is a TorchScript program, and no state dict")]
    [InlineData("sparse.pth", "it holds sparse tensors (torch._utils._rebuild_sparse_tensor)")]
    [InlineData("quantized.pth", "it holds quantized tensors (torch._utils._rebuild_qtensor)")]
    [InlineData("complex.pth", "it holds tensors of a type that is not read (torch.ComplexFloatStorage)")]
    [InlineData("expanded.pth", "a tensor F32 (1000) repeats the 1 elements of its storage; save it after .contiguous()")]
    [InlineData("tensor.pth", "it holds no dictionary of tensors")]
    public void What_is_no_state_dict_is_called_by_what_it_is(string file, string problem)
    {
        var path = Files.PathOf(file);

        FluentActions.Invoking(() => GoogLeNet.LoadTorch(path)).Should().Throw<ModelFileException>().Which.Message.Should().StartWith($"{path}: ").And.Contain(problem);
    }

    public static TheoryData<byte[], string> OtherFiles => new()
    {
        { [], "it is empty" },
        { "PK"u8.ToArray(), "a file of another kind" },
        { "<!DOCTYPE html><html></html>"u8.ToArray(), "it is HTML or XML, perhaps the page of a download that failed" },
        { "version https://git-lfs.github.com/spec/v1\n"u8.ToArray(), "a Git LFS pointer" },
        { [2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'], "it is a safetensors file, which LoadWeights and GoogLeNet.Load read" },
        { [0x80, 2, (byte)'N', (byte)'.'], "it is a Python pickle that torch.save did not write" },
        { Zipped(("photo.txt", [1])), "it has no data.pkl" },
        { "PK\x03\x04 and nothing more"u8.ToArray(), "it is a zip archive that is damaged or truncated" },
    };

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public void Another_file_is_called_by_what_it_is(byte[] content, string problem)
    {
        File.WriteAllBytes(Target, content);

        FluentActions.Invoking(() => GoogLeNet.LoadTorch(Target)).Should().Throw<ModelFileException>().Which.Message.Should().Contain(problem);
    }

    [Fact]
    public void LoadWeights_says_what_reads_a_file_of_PyTorch()
    {
        using var model = GoogLeNet.Create(Classes, Files.Narrow);
        foreach (var file in (string[])["narrow.pth", "narrow.legacy.pth"])
        {
            model.Invoking(network => network.LoadWeights(Files.PathOf(file))).Should().Throw<ModelFileException>().WithMessage("*LoadTorchWeights and GoogLeNet.LoadTorch in Inception.Interop*");
        }
    }

    [Fact]
    public void A_file_that_does_not_exist_is_reported_as_such() =>
        FluentActions.Invoking(() => GoogLeNet.LoadTorch(Target)).Should().Throw<FileNotFoundException>().WithMessage($"*{Target}*");

    [Theory]
    [InlineData("narrow.pth")]
    [InlineData("narrow.legacy.pth")]
    public void A_truncated_file_is_refused_and_the_network_stays_as_it_was(string file)
    {
        var whole = File.ReadAllBytes(Files.PathOf(file));
        using var model = GoogLeNet.Create(Classes, Files.Narrow);
        var before = model.Values();
        foreach (var length in Enumerable.Range(0, 40).Select(i => whole.Length * i / 40).Append(whole.Length - 1))
        {
            File.WriteAllBytes(Target, whole[..length]);
            model.Invoking(network => network.LoadTorchWeights(Target)).Should().Throw<ModelFileException>($"{length} bytes");
        }

        model.Values().Should().BeEquivalentTo(before);
    }

    [Fact]
    public void A_flipped_bit_among_the_weights_is_seen_by_the_checksum()
    {
        var bytes = File.ReadAllBytes(Files.PathOf("narrow.pth"));
        bytes[bytes.AsSpan().IndexOf("narrow/data/0"u8) + 2000] ^= 1;
        File.WriteAllBytes(Target, bytes);
        using var model = GoogLeNet.Create(Classes, Files.Narrow);
        var before = model.Values();

        model.Invoking(network => network.LoadTorchWeights(Target)).Should().Throw<ModelFileException>().WithMessage("*the checksum of its entry 'data/0' is wrong: the file is damaged.");
        model.Values().Should().BeEquivalentTo(before);
    }

    /// <summary>A zip archive of stored entries.</summary>
    internal static byte[] Zipped(params (string Name, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static void Compare(GoogLeNet model, Dictionary<string, double[]> expected, double tolerance)
    {
        model.eval();
        using var frozen = no_grad();
        using var images = tensor(ClosedForm.Noise("images", 2 * 3 * 64 * 48), [2, 3, 64, 48]);
        using var output = model.AllHeads(images);
        output.Heads.Select(head => head.Name).Should().BeEquivalentTo(expected.Keys);
        foreach (var (head, values) in expected)
        {
            Arrays.RelativeError(output[head].Floats(), values).Should().BeLessThan(tolerance, head);
        }
    }
}
