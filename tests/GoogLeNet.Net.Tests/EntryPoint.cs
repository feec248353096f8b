using System.Reflection;
using Inception.Tests.Data;
using Inception.Tests.Kernels;

namespace Inception.Tests;

/// <summary>This assembly as a program, for tests that need a process of their own.</summary>
internal static class EntryPoint
{
    /// <summary>The first argument where the second is a compiled program to run with the others, beside this assembly's libraries.</summary>
    public const string Program = "program";

    public static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case [Program, var path, .. var rest]:
                Assembly.LoadFrom(path).EntryPoint!.Invoke(null, [rest]);
                return 0;
            case [ProductProcess.Argument]:
                return ProductProcess.Run();
            case [GuardedProcess.Argument, var edge, .. var files]:
                return GuardedProcess.Run(edge, files);
            default:
                return await LoaderProcess.RunAsync(arguments);
        }
    }
}
