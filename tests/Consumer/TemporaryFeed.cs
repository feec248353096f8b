using System.Reflection;
using Inception.Tests;
using Xunit;

namespace Consumer;

/// <summary>The packages of this build in a folder outside the repository, and projects there that take them from it.</summary>
[CollectionDefinition(Name)]
public sealed class TemporaryFeed : IAsyncLifetime, ICollectionFixture<TemporaryFeed>
{
    public const string Name = "Packed library";

    private readonly string root = Directory.CreateTempSubdirectory("googlenet-consumer-").FullName;

    public string Folder => Path.Combine(root, "feed");

    /// <summary>The package's path, and its version as its name has it.</summary>
    public string Package => Directory.GetFiles(Folder, "GoogLeNet.Net.*.nupkg")
        .Single(file => char.IsAsciiDigit(Path.GetFileName(file)["GoogLeNet.Net.".Length]));

    public string Version => Path.GetFileNameWithoutExtension(Package)["GoogLeNet.Net.".Length..];

    public async Task InitializeAsync()
    {
        // Without a build: the other tests of this run have the assemblies loaded.
        await Command.RunAsync(Repository.PathOf(), "bash", "eng/pack.sh", Folder, "--no-build");

        // Packages unpacked here come from this feed alone; others may be taken from where the user's restores unpacked them.
        var unpacked = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(Path.Combine(root, "nuget.config"), $"""
            <configuration>
              <packageSources><add key="feed of the consumer test" value="{Folder}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{Path.Combine(root, "packages")}" /></config>
              <fallbackPackageFolders><add key="user" value="{unpacked}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>What a user types: a new console project, and the package added to it. The folder of the project.</summary>
    public async Task<string> NewProjectAsync(string name)
    {
        await Command.RunAsync(root, "dotnet", "new", "console", "--name", name, "--no-restore");
        var project = Path.Combine(root, name);
        await Command.RunAsync(project, "dotnet", "add", "package", "GoogLeNet.Net", "--version", Version);
        await Command.RunAsync(project, "dotnet", "add", "package", "TorchSharp-cpu", "--version", Metadata("TorchSharpVersion"));
        return project;
    }

    private static string Metadata(string key) =>
        typeof(TemporaryFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
