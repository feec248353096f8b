using System.Reflection;
using Inception.Tests;
using Xunit;

namespace Consumer;

/// <summary>Tests that are done beside those of <see cref="TemporaryFeed"/>, on a feed of their own.</summary>
[CollectionDefinition(Name)]
public sealed class SecondFeed : ICollectionFixture<TemporaryFeed>
{
    public const string Name = "Packed library, second part";
}

/// <summary>The packages of this build in a folder outside the repository, and projects there that take them from it.</summary>
[CollectionDefinition(Name)]
public sealed class TemporaryFeed : IAsyncLifetime, ICollectionFixture<TemporaryFeed>
{
    public const string Name = "Packed library";

    // Once for both: packing writes to the repository's folders.
    private static readonly Lazy<Task<string>> Packed = new(PackAsync);

    private readonly string root = Directory.CreateTempSubdirectory("googlenet-consumer-").FullName;

    private string? pictures;
    private string? trained;

    public string Folder { get; private set; } = "";

    /// <summary>The package's path, and its version as its name has it.</summary>
    public string Package => PackageOf("GoogLeNet.Net");

    public string Version => Path.GetFileNameWithoutExtension(Package)["GoogLeNet.Net.".Length..];

    public static string TorchSharpVersion => Metadata("TorchSharpVersion");

    /// <summary>What the user's package cache held before anything ran.</summary>
    public IReadOnlyList<string> CacheBefore { get; } = PackageCache.Files();

    public async Task InitializeAsync()
    {
        Folder = await Packed.Value;
        // Packages unpacked here come from this feed alone; others may be taken from where the user's restores unpacked them.
        await File.WriteAllTextAsync(Path.Combine(root, "nuget.config"), $"""
            <configuration>
              <packageSources><add key="feed of the consumer test" value="{Folder}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{Path.Combine(root, "packages")}" /></config>
              <fallbackPackageFolders><add key="user" value="{PackageCache.Folder}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Makes a folder outside the repository, whose projects take the packages too.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(root, name)).FullName;

    /// <summary>The project that most tests share, for building takes long; this program is the only one in it.</summary>
    public async Task<string> PicturesAsync(params string[] code)
    {
        pictures ??= await NewProjectAsync("Pictures", "GoogLeNet.Net", "TorchSharp-cpu");
        foreach (var file in Directory.GetFiles(pictures, "*.cs"))
        {
            File.Delete(file);
        }

        for (var i = 0; i < code.Length; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(pictures, $"Program{i}.cs"), code[i]);
        }

        return pictures;
    }

    /// <summary>What the program Pictures.cs printed in that project, and a copy of the model file that it wrote.</summary>
    public async Task<(string Output, string Weights)> TrainedAsync()
    {
        if (trained is null)
        {
            var project = await PicturesAsync(Program("Pictures.cs"), Program("Usings.cs"));
            trained = await Command.RunAsync(project, "dotnet", "run", "--no-restore");
            File.Copy(Path.Combine(project, "weights.safetensors"), Path.Combine(root, "trained.safetensors"));
        }

        return (trained, Path.Combine(root, "trained.safetensors"));
    }

    /// <summary>A package's path.</summary>
    public string PackageOf(string id) => Directory.GetFiles(Folder, $"{id}.*.nupkg").Single(file => char.IsAsciiDigit(Path.GetFileName(file)[id.Length + 1]));

    /// <summary>A new console project with packages, as an editor would write it: faster than the commands. Its folder.</summary>
    public async Task<string> ProjectAsync(string name, string language, params string[] packages)
    {
        await Command.RunAsync(root, "dotnet", "new", "console", "--name", name, "--language", language, "--no-restore");
        var folder = Path.Combine(root, name);
        var project = Directory.GetFiles(folder, "*.*proj").Single();
        var references = packages.Select(package => $"""<PackageReference Include="{package}" Version="{VersionOf(package)}" />""");
        var text = await File.ReadAllTextAsync(project);
        await File.WriteAllTextAsync(project, text.Replace("</Project>", $"<ItemGroup>{string.Concat(references)}</ItemGroup></Project>", StringComparison.Ordinal));
        return folder;
    }

    /// <summary>Where a package lies that TorchSharp-cpu takes.</summary>
    public async Task<string> PackageAsync(string id)
    {
        await PicturesAsync();
        return new[] { PackageCache.Folder, Path.Combine(root, "packages") }.Select(folder => Path.Combine(folder, id)).Where(Directory.Exists).SelectMany(Directory.GetDirectories).Single();
    }

    /// <summary>A program of this project's folder Programs.</summary>
    public static string Program(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Programs", name));

    /// <summary>What a published folder takes, debug symbols left out.</summary>
    public static string Size(string folder) =>
        $"{new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Extension is not (".pdb" or ".dbg")).Sum(file => file.Length) / 1e6:F1} MB";

    private static async Task<string> PackAsync()
    {
        var folder = Directory.CreateTempSubdirectory("googlenet-feed-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);

        // Without a build: the other tests of this run have the assemblies loaded.
        await Command.RunAsync(Repository.PathOf(), "bash", "eng/pack.sh", folder, "--no-build");
        return folder;
    }

    // What a user types.
    private async Task<string> NewProjectAsync(string name, params string[] packages)
    {
        await Command.RunAsync(root, "dotnet", "new", "console", "--name", name, "--no-restore");
        var folder = Path.Combine(root, name);
        foreach (var package in packages)
        {
            await Command.RunAsync(folder, "dotnet", "add", "package", package, "--version", VersionOf(package));
        }

        return folder;
    }

    private string VersionOf(string package) => package.StartsWith("GoogLeNet", StringComparison.Ordinal) ? Version : TorchSharpVersion;

    private static string Metadata(string key) =>
        typeof(TemporaryFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
