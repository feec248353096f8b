using FluentAssertions;
using Inception.Tests.Training;
using Xunit;

namespace Inception.Tests.Weights;

/// <summary>Files of newer versions and of other libraries: refused with what they are.</summary>
[Collection(TorchCollection.Name)]
public sealed class ForeignFileTests : IDisposable
{
    private readonly TestFolder folder = new();

    private string File => Path.Combine(folder.Path, "model.safetensors");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_of_a_newer_version_is_refused_with_what_to_do()
    {
        using var model = GoogLeNet.Create(3, Tiny.Spec());
        var metadata = model.Metadata("GoogLeNet.Net weights 2");
        SafeTensorsFile.Write(File, metadata, model.Tensors().Values);
        FluentActions.Invoking(() => GoogLeNet.Load(File)).Should().Throw<ModelFileException>().WithMessage("*has the format 'GoogLeNet.Net weights 2'; *Take a newer version*");
        FluentActions.Invoking(() => model.LoadWeights(File)).Should().Throw<ModelFileException>().WithMessage("*Take a newer version*");
        FluentActions.Invoking(() => CompiledNetwork.Load(File)).Should().Throw<ModelFileException>().WithMessage("*Take a newer version*");

        metadata = model.Metadata(WeightsFormat.Weights);
        (metadata["version"], metadata["model"]) = ("99.1.0", metadata["model"].Replace("\"numClasses\"", "\"quantized\": true, \"numClasses\"", StringComparison.Ordinal));
        SafeTensorsFile.Write(File, metadata, model.Tensors().Values);
        FluentActions.Invoking(() => GoogLeNet.Load(File)).Should().Throw<ModelFileException>().WithMessage("*quantized*It was written by version 99.1.0, and this is *");
    }

    public static TheoryData<byte[], string> OtherFiles => new()
    {
        { "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"u8.ToArray(), "*it is a Git LFS pointer ('git lfs pull' brings the file), and no safetensors file*" },
        { "<!DOCTYPE html><html></html>"u8.ToArray(), "*it is HTML or XML*" },
        { [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 8, 0, 0, 0], "*it is a zip archive, as PyTorch's .pth*" },
        { [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20], "*it is a Python pickle, as PyTorch's older .pth*" },
        { [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0], "*it is an HDF5 file, as Keras's .h5*" },
        { [0x0A, 9, .. "GoogleNet"u8, 0xA2, 0x06, 0x10, 0x0A, 4, .. "data"u8], "*it is a protobuf file, as Caffe's .caffemodel, and no safetensors file; GoogLeNet.LoadCaffe in Inception.Interop reads Caffe's*" },
        { [0x08, 8, 0x12, 7, .. "pytorch"u8, 0x3A, 0], "*it is a protobuf file, as ONNX's .onnx*" },
    };

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public void A_file_of_another_library_is_called_by_what_it_is(byte[] content, string message)
    {
        System.IO.File.WriteAllBytes(File, content);

        FluentActions.Invoking(() => GoogLeNet.Load(File)).Should().Throw<ModelFileException>().WithMessage(message).Which.Path.Should().Be(File);
    }
}
