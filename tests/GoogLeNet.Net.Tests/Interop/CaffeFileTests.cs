using CsCheck;
using FluentAssertions;
using Google.Protobuf;
using Inception.Data;
using Inception.Evaluation;
using Inception.Interop;
using Inception.Interop.Caffe;
using Inception.Tests.Data;
using Inception.Tests.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Interop;

/// <summary>Caffe's files, against numbers that OpenCV computed; what is not BVLC GoogLeNet's is refused.</summary>
[Collection(TorchCollection.Name)]
public sealed class CaffeFileTests : IDisposable
{
    private const long MostMemory = 16 << 20;

    private readonly TestFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    private string Target => Path.Combine(folder.Path, "bvlc.caffemodel");

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(CaffeForm.Layers)]
    [InlineData(CaffeForm.V1Layers)]
    [InlineData(CaffeForm.Doubles)]
    public void All_heads_give_OpenCVs_logits_for_the_pictures_themselves(CaffeForm form)
    {
        CaffeModel.Save(Target, CaffeModel.Create(CaffeModel.Reference.Layers, form));
        using var model = CaffeFile.Load(Target, CaffeModel.Narrow);
        var images = Input(model);
        using var frozen = no_grad();
        var output = model.AllHeads(images);

        model.NumClasses.Should().Be(5);
        model.ClassNames.Should().BeEmpty("only ImageNet's 1,000 are known");
        output.Heads.Select(head => head.Name).Should().BeEquivalentTo(CaffeModel.Reference.Logits.Keys);
        foreach (var (head, expected) in CaffeModel.Reference.Logits)
        {
            Arrays.RelativeError(output[head].Floats(), expected).Should().BeLessThan(1e-4, head);
        }
    }

    [Fact]
    public void A_deployed_network_without_heads_gives_the_main_heads_logits()
    {
        CaffeModel.Save(Target, CaffeModel.Create(Without("loss1/", "loss2/")));
        using var model = CaffeFile.Load(Target, CaffeModel.Narrow);
        var images = Input(model);
        using var frozen = no_grad();

        model.Heads.Should().ContainSingle();
        Arrays.RelativeError(model.Logits(images).Floats(), CaffeModel.Reference.Logits["main"]).Should().BeLessThan(1e-4);
    }

    [Fact]
    public void At_full_width_it_is_the_papers_network_with_ImageNets_names_and_BVLCs_preprocessing_and_so_is_a_file_saved_from_it()
    {
        var spec = GoogLeNetSpec.Paper with { Auxiliaries = [] };
        CaffeModel.Save(Target, CaffeModel.Create(CaffeModel.LayersOf(spec, 1000), CaffeForm.V1Layers));
        var saved = Path.Combine(folder.Path, "saved.safetensors");
        using (var model = GoogLeNet.LoadCaffe(Target))
        {
            model.Spec.Should().Be(spec);
            model.training.Should().BeFalse();
            model.SaveWeights(saved);
        }

        using var loaded = GoogLeNet.Load(saved);
        loaded.ClassNames.Should().HaveCount(1000).And.StartWith(["tench", "goldfish"]);
        var preprocessing = loaded.GetPreprocessing()!;
        (preprocessing.Height, preprocessing.Width, preprocessing.Channels).Should().Be((224, 224, 3));
        preprocessing.Transforms.Should().Equal(new Normalize([123, 117, 104], [1, 1, 1]));
        using var predictor = Predictor.Load(saved);
        predictor.Classify(tensor(new byte[3 * 224 * 224], [3, 224, 224], ScalarType.Byte))[0].ClassName.Should().BeOneOf(loaded.ClassNames);
    }

    [Fact]
    public void The_names_of_layers_are_those_of_the_network_that_OpenCV_computed() =>
        CaffeModel.LayersOf(CaffeModel.Narrow, 5).Should().BeEquivalentTo(CaffeModel.Reference.Layers);

    [Fact]
    public void Missing_layers_are_named()
    {
        CaffeModel.Save(Target, CaffeModel.Create(Without("inception_4c/3x3_reduce", "loss3/classifier", "loss1/fc")));

        Load().Should().Throw<WeightsException>().WithMessage(
            $"{Target} does not fit the network 'paper' with 1000 classes: missing: inception_4c/3x3_reduce.bias, inception_4c/3x3_reduce.weight, loss1/fc.bias, loss1/fc.weight, loss3/classifier.bias, *");
    }

    [Fact]
    public void A_classifier_that_was_renamed_is_missing_and_unexpected()
    {
        var layers = new Dictionary<string, long[]>(Without("loss3/classifier")) { ["loss3/flowers"] = [5, 128] };
        CaffeModel.Save(Target, CaffeModel.Create(layers));

        Load().Should().Throw<WeightsException>()
            .WithMessage("*missing: loss3/classifier.bias, loss3/classifier.weight; unexpected: loss3/flowers.bias, loss3/flowers.weight*names are those of BVLC GoogLeNet's prototxt.");
    }

    [Fact]
    public void Shapes_of_another_network_are_named()
    {
        var layers = new Dictionary<string, long[]>(CaffeModel.Reference.Layers) { ["conv1/7x7_s2"] = [8, 1, 7, 7], ["loss2/classifier"] = [4, 64] };
        CaffeModel.Save(Target, CaffeModel.Create(layers));

        Load().Should().Throw<WeightsException>().WithMessage("*misshapen: conv1/7x7_s2.weight (F32 (8, 1, 7, 7) in the file, F32 (8, 3, 7, 7) in the network), loss2/classifier.bias (F32 (4)*");
    }

    [Fact]
    public void Another_network_is_refused_in_a_readable_line()
    {
        CaffeModel.Save(Target, CaffeModel.Create(new Dictionary<string, long[]> { ["conv1"] = [96, 3, 11, 11], ["fc8"] = [1000, 16] }));

        FluentActions.Invoking(() => GoogLeNet.LoadCaffe(Target)).Should().Throw<WeightsException>().WithMessage("*missing: *unexpected: conv1.bias, conv1.weight, fc8.bias, fc8.weight*")
            .Which.Message.Length.Should().BeLessThan(900);
    }

    public static TheoryData<byte[], string> OtherFiles => new()
    {
        { [], "it is empty, and no .caffemodel" },
        { "name: \"GoogleNet\"\nlayer {\n  name: \"conv1/7x7_s2\"\n}\n"u8.ToArray(), "it is a text, as the prototxt that describes a network; its weights are in the .caffemodel beside it" },
        { "just words"u8.ToArray(), "it is a text, and" },
        { "<!DOCTYPE html><html></html>"u8.ToArray(), "it is HTML or XML, perhaps the page of a download that failed" },
        { "version https://git-lfs.github.com/spec/v1\n"u8.ToArray(), "it is a Git LFS pointer" },
        { "PK\x03\x04 and more"u8.ToArray(), "it is a zip archive, as PyTorch's .pth" },
        { [0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10, 26, 10], "it is an HDF5 file" },
        { [2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'], "it is a safetensors file, which GoogLeNet.Load reads" },
        { [0xFF, 0xD8, 0xFF, 0xE0, 0, 16], "it is no .caffemodel, or a damaged or truncated one" },
        { new NetParameter { Name = "GoogleNet", Layer = { new LayerParameter { Name = "data", Type = "Data" } } }.ToByteArray(), "no layer of it has any" },
        { Layer("conv1/7x7_s2", Blob([2, 2], 3)), "'conv1/7x7_s2.weight' of shape (2, 2) has 3 numbers." },
        { Layer("conv1/7x7_s2", Blob([2, 2], 0)), "has 0 numbers of the types that are read, float and double." },
        { Layer("conv1/7x7_s2", new BlobProto { Shape = new() { Dim = { 1 } }, Data = { 1 }, DoubleData = { 1 } }), "of shape (1) has 2 numbers" },
        { Layer("conv1/7x7_s2", Blob([64, -3], 0)), "has an impossible shape (64, -3)" },
        { Layer("conv1/7x7_s2", Blob([.. Enumerable.Repeat(1L, 33)], 1)), "has an impossible shape" },
        { Layer("conv1/7x7_s2", Blob([1L << 62, 1L << 62], 0)), "of shape (4611686018427387904, 4611686018427387904) has 0 numbers" },
        { Layer("loss3/classifier", Blob([int.MaxValue, 1024], 0)), "of shape (2147483647, 1024) has 0 numbers" },
        { Layer("", Blob([1], 1)), "a layer with weights has no readable name" },
        { Layer("a\nb", Blob([1], 1)), "a layer with weights has no readable name" },
        { [.. Layer("conv", Blob([1], 1)), .. Layer("conv", Blob([1], 1))], "it has two weights 'conv.weight'" },
        { [0xA2, 0x06, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x0A], "it is no .caffemodel, or a damaged or truncated one" },
        { [.. Enumerable.Repeat<byte[]>([0xC3, 0x0C], 100_000).SelectMany(group => group)], "it is no .caffemodel, or a damaged or truncated one" },
        { [0xA2, 0x06, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x0A], "it is no .caffemodel, or a damaged or truncated one" },
    };

    [Theory]
    [MemberData(nameof(OtherFiles), DisableDiscoveryEnumeration = true)]
    public void Another_file_is_called_by_what_it_is(byte[] content, string problem)
    {
        File.WriteAllBytes(Target, content);

        var error = FluentActions.Invoking(() => GoogLeNet.LoadCaffe(Target)).Should().Throw<ModelFileException>().Which;
        error.Message.Should().StartWith($"{Target}: ").And.Contain(problem).And.NotContain("\n");
        error.Path.Should().Be(Target);
    }

    [Fact]
    public void Classes_without_numbers_take_no_memory()
    {
        File.WriteAllBytes(Target, Layer("loss3/classifier", Blob([int.MaxValue, 0], 0)));

        Memory(() => FluentActions.Invoking(() => GoogLeNet.LoadCaffe(Target)).Should().Throw<WeightsException>().WithMessage("*(2147483647, 0) in the file*")).Should().BeLessThan(MostMemory);
    }

    public static TheoryData<string, byte[]> Crowds => new()
    {
        { "layers", [.. Enumerable.Repeat<byte[]>([0xA2, 0x06, 0], 1_000_000).SelectMany(part => part)] },
        { "blobs", Nested([0xA2, 0x06], [.. Enumerable.Repeat<byte[]>([0x3A, 0], 1_000_000).SelectMany(part => part)]) },
        { "older blobs", Nested([0x12], [.. Enumerable.Repeat<byte[]>([0x32, 0], 1_000_000).SelectMany(part => part)]) },
        { "sizes", Nested([0xA2, 0x06], Nested([0x3A], Nested([0x3A], Nested([0x0A], Enumerable.Repeat((byte)1, 1_000_000).ToArray())))) },
    };

    [Theory]
    [MemberData(nameof(Crowds), DisableDiscoveryEnumeration = true)]
    public void A_crowd_of_small_entries_takes_no_memory(string what, byte[] content)
    {
        File.WriteAllBytes(Target, content);

        Memory(() => FluentActions.Invoking(() => GoogLeNet.LoadCaffe(Target)).Should().Throw<ModelFileException>(what).WithMessage("*more than 100,000 layers, blobs and sizes*"))
            .Should().BeLessThan(MostMemory, what);
    }

    [Fact]
    public void A_file_beyond_the_formats_length_is_refused_unread()
    {
        using (var stream = File.Create(Target))
        {
            stream.Write([0x0A, 0x01, 0x00]);
            stream.SetLength(1L << 32);
        }

        FluentActions.Invoking(() => GoogLeNet.LoadCaffe(Target)).Should().Throw<ModelFileException>().WithMessage("*it has 4,294,967,296 bytes; a .caffemodel has at most 2,147,483,647.");
    }

    [Fact]
    public void A_file_that_does_not_exist_is_reported_as_such()
    {
        FluentActions.Invoking(() => GoogLeNet.LoadCaffe(Target)).Should().Throw<FileNotFoundException>().WithMessage($"*{Target}*");
        FluentActions.Invoking(() => GoogLeNet.LoadCaffe(folder.Path)).Should().Throw<UnauthorizedAccessException>();
    }

    [Theory]
    [InlineData(CaffeForm.Layers)]
    [InlineData(CaffeForm.V1Layers)]
    public void A_truncated_file_is_refused(CaffeForm form)
    {
        var whole = Tiny(form);
        foreach (var length in Enumerable.Range(0, 100).Select(i => whole.Length * i / 100).Append(whole.Length - 1))
        {
            File.WriteAllBytes(Target, whole[..length]);
            FluentActions.Invoking(() => CaffeFile.Load(Target, CaffeModel.Tiny).Dispose()).Should().Throw<ModelFileException>($"{length} bytes").WithMessage($"{Target}*");
        }

        File.WriteAllBytes(Target, whole);
        CaffeFile.Load(Target, CaffeModel.Tiny).Dispose();
    }

    [Theory]
    [InlineData(CaffeForm.Layers)]
    [InlineData(CaffeForm.V1Layers)]
    public void Damaged_files_are_read_or_refused_with_one_line(CaffeForm form)
    {
        var whole = Tiny(form);
        Damage.Any.Sample(
            damage =>
            {
                File.WriteAllBytes(Target, damage(whole));
                Memory(() =>
                {
                    try
                    {
                        CaffeFile.Load(Target, CaffeModel.Tiny).Dispose();
                    }
                    catch (ModelFileException e)
                    {
                        e.Message.Should().StartWith(Target).And.NotContain("\n");
                    }
                }).Should().BeLessThan(MostMemory);
            },
            iter: 600,
            threads: 1);
    }

    private static byte[] Tiny(CaffeForm form) => CaffeModel.Create(CaffeModel.LayersOf(CaffeModel.Tiny, 3), form).ToByteArray();

    private static byte[] Layer(string name, BlobProto blob) => new NetParameter { Layer = { new LayerParameter { Name = name, Blobs = { blob } } } }.ToByteArray();

    private static BlobProto Blob(long[] shape, int numbers) => new() { Shape = new() { Dim = { shape } }, Data = { Enumerable.Repeat(1f, numbers) } };

    private static byte[] Nested(byte[] tag, byte[] content)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteLength(content.Length);
        }

        return [.. tag, .. stream.ToArray(), .. content];
    }

    private static long Memory(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static Dictionary<string, long[]> Without(params string[] names) =>
        CaffeModel.Reference.Layers.Where(layer => !names.Any(name => layer.Key.StartsWith(name, StringComparison.Ordinal))).ToDictionary();

    private static Tensor Input(GoogLeNet model) =>
        model.GetPreprocessing()!.Transforms.Aggregate(CaffeModel.Pictures(), (images, transform) => transform.Apply(images, new BatchContext(0, 0, [0, 1])));

    private Action Load() => () => CaffeFile.Load(Target, CaffeModel.Narrow).Dispose();
}
