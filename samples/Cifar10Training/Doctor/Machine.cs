namespace Cifar10Training.Doctor;

/// <summary>What a run would find on a machine. Sizes are in bytes.</summary>
internal sealed record Machine
{
    public required string DotNet { get; init; }

    public required string System { get; init; }

    public required ProcessorFacts Processor { get; init; }

    public required TorchFacts Torch { get; init; }

    public required NvidiaFacts Nvidia { get; init; }

    public required DataFacts Data { get; init; }

    public required MemoryFacts Memory { get; init; }

    /// <summary>Where runs put their folders.</summary>
    public required DiskFacts Runs { get; init; }
}

/// <summary>The processor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cores">Cores that this process may use.</param>
/// <param name="Vectors">Widest vectors of libtorch and of .NET, in words.</param>
/// <param name="LacksAvx2">Whether it is an x86 without AVX2.</param>
/// <param name="HidesCaches">Whether a virtual machine shows no second-level cache.</param>
/// <param name="ThreadsWanted">OMP_NUM_THREADS.</param>
internal sealed record ProcessorFacts(string Name, int Cores, string Vectors, bool LacksAvx2 = false, bool HidesCaches = false, string? ThreadsWanted = null);

/// <summary>TorchSharp and libtorch.</summary>
/// <param name="TorchSharp">TorchSharp's version.</param>
/// <param name="Packages">The native packages of the build, as name and version.</param>
/// <param name="HasCuda">Whether libtorch's CUDA library lies beside the program.</param>
/// <param name="Failure">Why they do not load; null where they do.</param>
/// <param name="Loaded">What is known once they are loaded.</param>
internal sealed record TorchFacts(string TorchSharp, IReadOnlyList<string> Packages, bool HasCuda, (string Cause, string Fix)? Failure = null, LoadedTorch? Loaded = null);

/// <summary>Loaded native libraries.</summary>
/// <param name="Libtorch">Version of libtorch.</param>
/// <param name="TorchSharpPath">Where TorchSharp's native library came from.</param>
/// <param name="LibtorchPath">Where libtorch came from.</param>
/// <param name="Gpus">GPUs that libtorch can compute on.</param>
internal sealed record LoadedTorch(string Libtorch, string TorchSharpPath, string LibtorchPath, int Gpus);

/// <summary>NVIDIA's part of the machine.</summary>
/// <param name="Driver">Version of the loaded driver; null where none is loaded, or where the system does not say.</param>
/// <param name="HasLibrary">Whether the driver's library is found.</param>
/// <param name="Gpus">Names of the GPUs that the driver or the bus shows.</param>
/// <param name="Visible">CUDA_VISIBLE_DEVICES.</param>
internal sealed record NvidiaFacts(string? Driver, bool HasLibrary, IReadOnlyList<string> Gpus, string? Visible = null);

/// <summary>The images.</summary>
/// <param name="Folder">The cache, or what CIFAR10_DIR names.</param>
/// <param name="IsGiven">Whether CIFAR10_DIR names it, so that nothing is downloaded.</param>
/// <param name="State">What is in it.</param>
/// <param name="Problem">What is wrong with the files; null where nothing is.</param>
/// <param name="Disk">Its file system.</param>
internal sealed record DataFacts(string Folder, bool IsGiven, DataState State, string? Problem, DiskFacts Disk);

/// <summary>What a folder of images holds.</summary>
internal enum DataState
{
    Verified,
    Empty,
    Damaged,
    NotVerified,
}

/// <summary>Memory that a program may have.</summary>
internal sealed record MemoryFacts(long Free, long Total);

/// <summary>A folder, which need not exist yet.</summary>
/// <param name="Folder">Its path.</param>
/// <param name="Free">Free space of its file system.</param>
/// <param name="Problem">What the system says to a file written there; null where it takes one.</param>
internal sealed record DiskFacts(string Folder, long Free, string? Problem = null);
