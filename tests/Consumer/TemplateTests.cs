using System.Xml.Linq;
using FluentAssertions;
using Inception.Tests;
using Xunit;

namespace Consumer;

/// <summary>The template of <c>dotnet new</c>: installed from its package, created, trained on a folder of pictures, asked, and gone without a trace.</summary>
[Collection(SecondFeed.Name)]
public sealed class TemplateTests(TemporaryFeed feed) : IDisposable
{
    private const string Package = "GoogLeNet.Net.Templates";

    private readonly string root = feed.NewFolder("template");

    private string Hive => Path.Combine(root, "hive");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_new_project_trains_on_a_folder_and_labels_a_picture()
    {
        await NewAsync("install", feed.PackageOf(Package));
        await NewAsync("googlenet", "-o", "Flowers");
        var project = Path.Combine(root, "Flowers");
        for (var i = 0; i < 24; i++)
        {
            Picture.Write(Path.Combine(project, "photos", i % 2 == 0 ? "rose" : "tulip", $"{i}.png"), seed: i);
        }

        Directory.GetFiles(project).Select(Path.GetFileName).Should().BeEquivalentTo("Flowers.csproj", "Program.cs");
        var first = await Command.RunAsync(project, "dotnet", "run", "-p:TreatWarningsAsErrors=true", "--", "train", "photos", "1", "64");
        var again = await Command.RunAsync(project, "dotnet", "run", "--no-build", "--", "train", "photos", "1", "64");
        var label = await Command.RunAsync(project, "dotnet", "run", "--no-build", "--", "label", Path.Combine("photos", "rose", "0.png"));

        first.Should().Contain("epoch 1");
        again.Should().NotContain("epoch 1", "the training that is done is not done again");
        label.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(2).And.OnlyContain(line => line.StartsWith("rose: ") || line.StartsWith("tulip: "))
            .And.OnlyContain(line => line.TrimEnd().EndsWith('%'));

        await NewAsync("googlenet", "-o", "OnGpu", "--backend", "cuda-linux");
        References(Path.Combine(root, "OnGpu", "OnGpu.csproj")).Should().Equal(("GoogLeNet.Net", feed.Version), ("TorchSharp-cuda-linux", TemporaryFeed.TorchSharpVersion));

        await NewAsync("uninstall", Package);
        Directory.GetFiles(Hive, "*.nupkg", SearchOption.AllDirectories).Should().BeEmpty();
        await FluentActions.Awaiting(() => NewAsync("googlenet", "-o", "Another")).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public void Its_packages_are_of_this_version() =>
        References(Repository.PathOf("templates", Package, "content", "googlenet", "LabelPhotos.csproj")).Should().Equal(("GoogLeNet.Net", feed.Version), ("TorchSharp-cpu", TemporaryFeed.TorchSharpVersion));

    private static IEnumerable<(string, string)> References(string project) =>
        XElement.Load(project).Descendants("PackageReference").Select(reference => ((string)reference.Attribute("Include")!, (string)reference.Attribute("Version")!));

    // The user's own templates are left alone.
    private Task<string> NewAsync(params string[] arguments) => Command.RunAsync(root, "dotnet", ["new", .. arguments, "--debug:custom-hive", Hive]);
}
