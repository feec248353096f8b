using Inception.Tests.Data;
using Inception.Tests.Kernels;

namespace Inception.Tests;

/// <summary>This assembly as a program, for tests that need a process of their own.</summary>
internal static class EntryPoint
{
    public static async Task<int> Main(string[] arguments) =>
        arguments is [ProductProcess.Argument] ? ProductProcess.Run() : await LoaderProcess.RunAsync(arguments);
}
