using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Inception.Runtime;

/// <summary>
/// What .NET calls before a program's first statement, by the property STARTUP_HOOKS that the package's build file writes into the program's runtimeconfig.json. The name, and
/// that it is in no namespace, are .NET's.
/// </summary>
internal static class StartupHook
{
    /// <summary>Called by .NET, and empty: before it the module is initialized, as it also is in programs that start without the property and use the library later.</summary>
    public static void Initialize()
    {
    }

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "TorchSharp must find it before anybody uses TorchSharp.")]
    internal static void InitializeModule()
    {
        OpenMP.SleepSoon();
        OlderLinux.Register(AssemblyLoadContext.GetLoadContext(typeof(StartupHook).Assembly)!);
    }
}
