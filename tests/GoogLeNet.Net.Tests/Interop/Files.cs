using System.Text.Json;

namespace Inception.Tests.Interop;

/// <summary>What PyTorch saved and torchvision computed: the folder Files, written by generate_files.py.</summary>
internal static class Files
{
    public static Expected Reference { get; } = Read();

    /// <summary>The network of <c>narrow.pth</c>: torchvision's, every width a sixty-fourth and at least 1.</summary>
    public static GoogLeNetSpec Narrow { get; } = GoogLeNetSpec.TorchVision with
    {
        Name = "narrow",
        Layers = [.. GoogLeNetSpec.TorchVision.Layers.Select(layer => layer switch
        {
            ConvolutionSpec convolution => convolution with { Channels = Width(convolution.Channels) },
            InceptionSpec block => new InceptionSpec(
                block.Name, Width(block.Conv1x1), Width(block.Reduce3x3), Width(block.Conv3x3), Width(block.Reduce5x5), Width(block.Conv5x5), Width(block.PoolProjection)),
            _ => layer,
        })],
        Auxiliaries = [.. GoogLeNetSpec.TorchVision.Auxiliaries.Select(head => head with { Channels = Width(128), Hidden = Width(1024) })],
    };

    public static string PathOf(string name) => Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Interop", "Files", name);

    private static int Width(int full) => Math.Max(1, full / 64);

    private static Expected Read()
    {
        using var file = File.OpenRead(PathOf("expected.json"));
        return JsonSerializer.Deserialize<Expected>(file, SpecJson.Options)!;
    }

    /// <param name="Torch">Version of PyTorch.</param>
    /// <param name="TorchVision">Version of torchvision.</param>
    /// <param name="Logits">Of every head of the narrow network in evaluation mode, row-major.</param>
    /// <param name="Layouts">The tensors of <c>layouts.pth</c>.</param>
    /// <param name="Picture">Channel, row, column and value of a picture after torchvision's preprocessing.</param>
    internal sealed record Expected(string Torch, string TorchVision, Dictionary<string, double[]> Logits, Dictionary<string, Layout> Layouts, double[][] Picture);

    internal sealed record Layout(long[] Shape, double[] Values);
}
