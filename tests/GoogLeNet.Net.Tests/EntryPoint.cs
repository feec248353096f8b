using Inception.Tests.Data;

namespace Inception.Tests;

/// <summary>This assembly as a program, for tests that need a process of their own.</summary>
internal static class EntryPoint
{
    public static async Task<int> Main(string[] arguments) =>
        await LoaderProcess.RunAsync(arguments);
}
