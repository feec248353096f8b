using Inception.Tests.Data;
using Inception.Tests.Gpu;

namespace Inception.Tests;

/// <summary>This assembly as a program, for tests that need a process of their own.</summary>
internal static class EntryPoint
{
    public static async Task<int> Main(string[] arguments) =>
        arguments is [GpuProcess.Command, .. var rest] ? GpuProcess.Run(rest) : await LoaderProcess.RunAsync(arguments);
}
