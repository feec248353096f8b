using System.Text.Json.Nodes;
using FluentAssertions;
using Inception.Tests.Data;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>ImageNet's recipe on a tree of its layout.</summary>
[Collection(SampleCollection.Name)]
public sealed class PictureRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task ImageNet_is_trained_on_and_measured_from_its_own_layout()
    {
        string[] synsets = ["n01440764", "n02012849", "n03126707"];
        for (var i = 0; i < 12; i++)
        {
            Picture($"data/train/{synsets[i % 3]}/{synsets[i % 3]}_{i}.JPEG", i, 60 + (5 * i), 80 - i);
        }

        for (var i = 0; i < 6; i++)
        {
            Picture($"data/val/ILSVRC2012_val_{i:00000000}.JPEG", i, 70, 50 + i);
        }

        await File.WriteAllLinesAsync(folder["data/val.txt"], Enumerable.Range(0, 6).Select(i => $"ILSVRC2012_val_{i:00000000}.JPEG {i % 3}"));
        await File.WriteAllTextAsync(folder["data/LOC_synset_mapping.txt"], "n01440764 tench, Tinca tinca\nn02012849 crane\nn03126707 crane\n");

        var trained = await SampleProcess.RunAsync("train", "--recipe", "imagenet-bn", "--data", folder["data"], "--epochs", "1", "--batch", "6", "--device", "cpu", "--out", folder["run"]);

        trained.ExitCode.Should().Be(0, trained.Errors);
        trained.Output.Should().Contain("12 training and 6 test pictures of 3 classes").And.Contain("on a folder of pictures");
        ((string)JsonNode.Parse(await File.ReadAllTextAsync(folder["run/metrics.json"]))!["data"]!).Should().Be("pictures");
        (await File.ReadAllTextAsync(folder["run/report.html"])).Should().NotContain("CIFAR-10");

        var evaluated = await SampleProcess.RunAsync("evaluate", "--checkpoint", folder["run"], "--data", folder["data"], "--tta", "ten", "--device", "cpu");

        evaluated.ExitCode.Should().Be(0, evaluated.Errors);
        evaluated.Output.Should().Contain("of 6 images").And.Contain("crane (n02012849)");
    }

    [Fact]
    public async Task Without_pictures_it_says_what_it_needs()
    {
        var result = await SampleProcess.RunAsync("train", "--recipe", "imagenet", "--out", folder["run"]);

        (result.ExitCode, result.Errors.Trim()).Should().Be((2, result.Errors.Trim()));
        result.Errors.Should().Contain("The recipe imagenet needs --data DIR: a folder with the folders train and val.");
    }

    [Fact]
    public async Task Where_a_network_does_not_know_its_classes_they_are_in_the_order_of_the_folders()
    {
        for (var i = 0; i < 6; i++)
        {
            Picture($"data/val/{"abc"[i % 3]}/{i}.png", i, 40, 40);
        }

        var result = await SampleProcess.RunAsync("evaluate", "--checkpoint", TinyCheckpoint.Draw(folder.Path, classes: 3), "--data", folder["data"], "--device", "cpu");

        result.ExitCode.Should().Be(0, result.Errors);
        result.OutputLines[0].Should().Be($"Classes      in the order of the names in {folder["data"]}: the network does not know what they are called");
        result.Output.Should().Contain("of 6 images");
    }

    private void Picture(string name, int seed, int width, int height)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllBytes(folder[name], new PngEncoder().Encode(width, height, (x, y, c) => (byte)((x * (c + 1)) + (y * 2) + (seed * 40))));
    }
}
