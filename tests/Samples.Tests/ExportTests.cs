using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Interop;
using Inception.Tests.Transforms;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Samples;

[Collection(SampleCollection.Name)]
public sealed class ExportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_file_gives_the_checkpoints_probabilities_of_pictures()
    {
        var checkpoint = TinyCheckpoint.Train(folder["run"]);

        var result = await SampleProcess.RunAsync("export", "--checkpoint", folder["run"], "--out", folder["cifar.onnx"], "--preprocessing", "--softmax", "--auxiliaries");

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines.Should().ContainSingle().Which.Should().StartWith($"{folder["cifar.onnx"]}: ").And.EndWith(" MB");
        using var scope = NewDisposeScope();
        using var file = new OnnxFile(folder["cifar.onnx"]);
        using var predictor = Predictor.Load(checkpoint);
        var pictures = Images.Batch(7, 2, 3, 32, 32);
        file.Run(pictures)["main"].Should().Equal(predictor.Predict(pictures).data<double>().ToArray().Select(p => (float)p), (a, b) => Math.Abs(a - b) < 1e-5);
        file.Metadata["classNames"].Should().Contain(Cifar10.ClassNames[3]);
    }

    [Fact]
    public async Task Images_of_another_size_are_taken_where_the_file_is_written_for_them()
    {
        var result = await SampleProcess.RunAsync("export", "--checkpoint", TinyCheckpoint.Draw(folder.Path, classes: 3), "--out", folder["x.onnx"], "--size", "48");

        result.ExitCode.Should().Be(0, result.Errors);
        using var file = new OnnxFile(folder["x.onnx"]);
        file.InputShape.Should().Equal("N", "3", "48", "48");
    }

    [Theory]
    [InlineData("export --out x.onnx", 2, "--checkpoint", "no checkpoint")]
    [InlineData("export --checkpoint weights-3.safetensors", 2, "--out", "no target")]
    [InlineData("export --checkpoint nowhere.safetensors --out x.onnx", 2, "There is no checkpoint nowhere.safetensors.", "a file that does not exist")]
    [InlineData("export --checkpoint weights-3.safetensors --out x.onnx --size 0", 2, "--size is '0'; it must be a whole number from 1", "no size")]
    [InlineData("export --checkpoint weights-3.safetensors --out x.onnx --size 48 --preprocessing", 2, "leave out --size", "two sizes")]
    [InlineData("export --checkpoint weights-3.safetensors --out no/x.onnx", 1, "no/x.onnx' cannot be written: its folder does not exist.", "a folder that does not exist")]
    public async Task What_cannot_be_exported_ends_with_one_line(string arguments, int exitCode, string hint, string reason)
    {
        TinyCheckpoint.Draw(folder.Path, classes: 3);

        var result = await SampleProcess.RunAsync([.. arguments.Split(' ').Select(word => word is "weights-3.safetensors" or "x.onnx" or "no/x.onnx" ? folder[word] : word)]);

        result.ExitCode.Should().Be(exitCode, reason);
        result.ErrorLines.Should().ContainSingle(reason).Which.Should().StartWith("cifar10: ").And.Contain(hint);
        result.Output.Should().BeEmpty(reason);
        File.Exists(folder["x.onnx"]).Should().BeFalse(reason);
    }
}
