using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using FluentAssertions;
using Inception.Interop;
using Inception.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Interop;

/// <summary>The whole network, from torchvision to us and back, by the PyTorch that is installed here.</summary>
[Collection(TorchCollection.Name)]
public sealed class PyTorchTests : IDisposable
{
    private const int Classes = 11;

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [PyTorchFact]
    public void All_heads_give_torchvisions_logits_after_both_forms_and_torchvision_gives_ours()
    {
        PyTorch.Run(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Interop", "oracle.py"), "make", folder.Path, $"{Classes}");
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var images = tensor(MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(PathOf("images.bin"))).ToArray(), [2, 3, 224, 224]);
        foreach (var form in (string[])["zip.pth", "legacy.pth"])
        {
            using var model = GoogLeNet.LoadTorch(PathOf(form));
            model.NumClasses.Should().Be(Classes);
            Compare(model.AllHeads(images), "logits.json", form);
        }

        using var ours = GoogLeNet.LoadTorch(PathOf("legacy.pth"));
        foreach (var parameter in ours.parameters())
        {
            parameter.mul_(1.01);                                                                       // nobody else has these
        }

        ours.SaveTorchWeights(PathOf("ours.pth"));
        PyTorch.Run(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Interop", "oracle.py"), "check", folder.Path, $"{Classes}");
        Compare(ours.AllHeads(images), "checked.json", "ours.pth");
    }

    private string PathOf(string name) => Path.Combine(folder.Path, name);

    private void Compare(MultiHeadOutput output, string file, string form)
    {
        var expected = JsonSerializer.Deserialize<Dictionary<string, double[]>>(File.ReadAllText(PathOf(file)))!;
        output.Heads.Select(head => head.Name).Should().BeEquivalentTo(expected.Keys);
        foreach (var (head, values) in expected)
        {
            Arrays.RelativeError(output[head].Floats(), values).Should().BeLessThan(1e-4, $"{head} of {form}");
        }
    }

    /// <summary>A test that asks PyTorch.</summary>
    private sealed class PyTorchFactAttribute : FactAttribute
    {
        public PyTorchFactAttribute() => Skip = PyTorch.WhyNot.Value;
    }

    private static class PyTorch
    {
        private const string Python = "/usr/bin/python3";

        public static readonly Lazy<string?> WhyNot = new(() =>
            !File.Exists(Python) ? $"there is no {Python} here"
            : Start("-c", "import importlib.util as util; raise SystemExit(not all(map(util.find_spec, ('torch', 'torchvision'))))").ExitCode != 0 ? $"{Python} has no torch and torchvision (Debian: python3-torchvision)"
            : null);

        public static void Run(params string[] arguments)
        {
            var (exitCode, output) = Start(arguments);
            exitCode.Should().Be(0, output);
        }

        private static (int ExitCode, string Output) Start(params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, errors);
        }
    }
}
