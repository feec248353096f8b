using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>Where libsystemtorch.so is looked for.</summary>
internal static class NativeLocation
{
    public const string Name = "systemtorch";

    /// <summary>The environment variable that names the library's path and wins over all other places.</summary>
    public const string Variable = "SYSTEMTORCH_LIBRARY";

    // What the host found in the application's packages, by its .deps.json.
    private const string PackageFolders = "NATIVE_DLL_SEARCH_DIRECTORIES";
    private const string FileName = "libsystemtorch.so";

    /// <summary>Loads the first library that exists, or throws one text that says where it was sought and what to do.</summary>
    public static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Name)
        {
            return 0;
        }

        var packages = (AppContext.GetData(PackageFolders) as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var path = Candidates(Environment.GetEnvironmentVariable(Variable), AppContext.BaseDirectory, packages).FirstOrDefault(File.Exists)
            ?? throw new DllNotFoundException(
                $"{FileName} was found neither where the environment variable {Variable} says, nor beside the application ({AppContext.BaseDirectory}), " +
                "nor in its packages, nor in the repository's artifacts/native/. Run eng/setup.sh, which builds it.");
        LibrarySettings.Apply();
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException($"{path} does not load, so libtorch is missing or another one than it was built for. Run eng/setup.sh. ({e.Message.Split('\n')[0]})", e);
        }
    }

    /// <summary>The paths to try, best first. A path given by the environment variable is the only one.</summary>
    internal static IEnumerable<string> Candidates(string? variable, string baseDirectory, IReadOnlyList<string> packages)
    {
        if (!string.IsNullOrEmpty(variable))
        {
            return [variable];
        }

        var repositories = Ancestors(baseDirectory).Select(folder => Path.Combine(folder, "artifacts", "native"));
        return packages.Prepend(baseDirectory).Concat(repositories).Select(folder => Path.Combine(folder, FileName));
    }

    private static IEnumerable<string> Ancestors(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }
}
