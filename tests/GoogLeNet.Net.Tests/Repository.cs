namespace Inception.Tests;

/// <summary>Where the repository is whose build these tests are.</summary>
internal static class Repository
{
    // Not by CallerFilePath: deterministic builds rewrite source paths.
    private static readonly string Root = FindRoot(AppContext.BaseDirectory);

    /// <summary>The full path of something in the repository.</summary>
    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "GoogLeNet.Net.sln")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
