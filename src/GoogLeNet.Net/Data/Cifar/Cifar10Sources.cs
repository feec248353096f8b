namespace Inception.Data;

/// <summary>Everything outside the process that loading depends on, in one place so that tests can stand in for it.</summary>
internal sealed record Cifar10Sources
{
    public const string FolderVariable = "CIFAR10_DIR";

    public Cifar10Manifest Manifest { get; init; } = Cifar10Manifest.Official;

    /// <summary>Value of the environment variable CIFAR10_DIR.</summary>
    public string? FolderFromEnvironment { get; init; } = Environment.GetEnvironmentVariable(FolderVariable);

    /// <summary>The npm executable; a name is looked up on the PATH.</summary>
    public string Npm { get; init; } = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    /// <summary>Longest wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for the next bytes of a response.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest run of npm: 139 MB at 0.25 MB/s.</summary>
    public TimeSpan NpmTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
