using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Inception.Loading;

/// <summary>
/// What .NET calls before a program's first statement, by the property STARTUP_HOOKS that the package's build file writes into the program's runtimeconfig.json. The name, and
/// that it is in no namespace, are .NET's.
/// </summary>
internal static class StartupHook
{
    /// <summary>Called by .NET.</summary>
    public static void Initialize()
    {
        OpenMP.SleepSoon();
        OlderLinux.Register(AssemblyLoadContext.Default);
    }

    // For programs that start without the property: plugins, trimmed programs.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "TorchSharp's first use may be the library's own.")]
    internal static void InitializeModule()
    {
        OpenMP.SleepSoon();
        OlderLinux.Register(AssemblyLoadContext.GetLoadContext(typeof(StartupHook).Assembly)!);
    }
}
