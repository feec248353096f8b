using System.IO.Compression;
using System.Xml.Linq;
using FluentAssertions;
using Inception.Tests;
using Xunit;

namespace Consumer;

/// <summary>What a person who opens the package finds.</summary>
[Collection(TemporaryFeed.Name)]
public sealed class PackageTests(TemporaryFeed feed)
{
    [Fact]
    public void It_holds_the_assembly_with_its_documentation_a_readme_and_an_icon()
    {
        using var package = ZipFile.OpenRead(feed.Package);

        package.Entries.Select(entry => entry.FullName).Should().Contain(
            ["lib/net10.0/GoogLeNet.Net.dll", "lib/net10.0/GoogLeNet.Net.xml", "buildTransitive/GoogLeNet.Net.targets", "README.md", "icon.png"]);
        package.Entries.Select(entry => entry.Name).Should().NotContain(name => name.EndsWith(".so") || name.EndsWith(".pdb"), "native bundles are the application's");
    }

    [Fact]
    public void Its_symbols_lie_beside_it()
    {
        using var symbols = ZipFile.OpenRead(Path.ChangeExtension(feed.Package, ".snupkg"));

        symbols.Entries.Select(entry => entry.FullName).Should().Contain("lib/net10.0/GoogLeNet.Net.pdb");
    }

    [Fact]
    public void It_depends_on_its_own_inference_package_and_the_libraries_that_it_names_alone()
    {
        var dependencies = Specification().Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(element => (string)element.Attribute("id")!);

        dependencies.Should().BeEquivalentTo(
            "GoogLeNet.Net.Inference", "TorchSharp", "Google.Protobuf", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies", "System.IO.Hashing", "Microsoft.Extensions.Logging.Abstractions");
    }

    [Fact]
    public void Its_specification_says_what_it_is()
    {
        var values = Specification().Descendants().ToLookup(element => element.Name.LocalName, element => element.Value);

        values["license"].Should().Equal("MIT");
        values["readme"].Should().Equal("README.md");
        values["icon"].Should().Equal("icon.png");
        values["description"].Single().Should().StartWith("GoogLeNet for .NET");
        values["tags"].Single().Should().Contain("inception");
        values["version"].Should().Equal(feed.Version);
    }

    [Fact]
    public void Its_version_is_the_changelogs_newest()
    {
        var newest = File.ReadLines(Repository.PathOf("CHANGELOG.md")).First(line => line.StartsWith("## ", StringComparison.Ordinal));

        newest.Split(' ')[1].Should().Be(feed.Version);
    }

    private XElement Specification()
    {
        using var package = ZipFile.OpenRead(feed.Package);
        using var stream = package.GetEntry("GoogLeNet.Net.nuspec")!.Open();
        return XElement.Load(stream);
    }
}
