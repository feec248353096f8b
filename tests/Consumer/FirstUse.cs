using Xunit;

namespace Consumer;

/// <summary>A program whose first use of TorchSharp is the library's, built without a native package.</summary>
public sealed class FirstUse(TemporaryFeed feed) : IAsyncLifetime
{
    private const string Natives = "runtimes/linux-x64/native";
    private string project = "";
    private string libtorch = "";

    public async Task InitializeAsync()
    {
        libtorch = Path.Combine(await feed.PackageAsync("libtorch-cpu-linux-x64"), Natives);
        project = await feed.ProjectAsync("FirstUse", "C#", "GoogLeNet.Net");
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), TemporaryFeed.Program("FirstUse.cs"));
        await BuildAsync("on");
        await BuildAsync("off", "-p:TorchSharpOnOlderLinux=false");
        await File.WriteAllTextAsync(Path.Combine(project, "Directory.Build.props"), """
            <Project><ItemGroup><RuntimeHostConfigurationOption Include="STARTUP_HOOKS" Value="FirstUse" /></ItemGroup></Project>
            """);
        await BuildAsync("hook");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A folder of its own with the program, for files to be laid beside it or exchanged.</summary>
    /// <param name="build">on; off: as TorchSharpOnOlderLinux=false in the project has it; hook: with a startup hook that the project names.</param>
    public string Copy(string build = "on")
    {
        var (built, folder) = (Path.Combine(project, build), Directory.CreateTempSubdirectory("googlenet-first-use-").FullName);
        Directory.CreateDirectory(Path.Combine(folder, Natives));
        foreach (var file in Directory.GetFiles(built).Concat(Directory.GetFiles(Path.Combine(built, Natives))))
        {
            File.Copy(file, Path.Combine(folder, Path.GetRelativePath(built, file)));
        }

        return folder;
    }

    /// <summary>What .NET reads at the start of that build's program.</summary>
    public string RuntimeConfig(string build) => Path.Combine(project, build, "FirstUse.runtimeconfig.json");

    /// <summary>TorchSharp's own library in such a folder.</summary>
    public static string TorchSharp(string folder) => Path.Combine(folder, Natives, "libLibTorchSharp.so");

    /// <summary>Lays libtorch where the package TorchSharp-cpu would.</summary>
    public void AddLibtorch(string folder)
    {
        foreach (var file in Directory.GetFiles(libtorch))
        {
            File.CreateSymbolicLink(Path.Combine(folder, Natives, Path.GetFileName(file)), file);
        }
    }

    /// <summary>The lines that the program prints. The folder is deleted.</summary>
    public static async Task<string[]> RunAsync(string folder, Dictionary<string, string> environment)
    {
        try
        {
            return (await Command.RunAsync(folder, environment, "dotnet", Path.Combine(folder, "FirstUse.dll"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private Task BuildAsync(string folder, params string[] options) => Command.RunAsync(project, "dotnet", ["build", "-o", folder, .. options]);
}
