using System.Globalization;

namespace Cifar10Training.Doctor;

/// <summary>From what a machine is to what is wrong with it, and what to do.</summary>
internal static class Diagnosis
{
    // Recipe cpu has a peak of 1.03 GB with 6,000 images; the download and the unpacked files are 354 MB; a run's folder with its checkpoints is 26 MB.
    private const long MemoryOfRun = 1_200_000_000;
    private const long DiskOfData = 400_000_000;
    private const long DiskOfRun = 100_000_000;

    /// <summary>CUDA 12's minor version compatibility (NVIDIA, CUDA Compatibility, table 1).</summary>
    private static readonly Version OldestDriver = new(525, 60, 13);

    private static readonly string[] FullDisk = ["No space left", "quota exceeded", "not enough space"];

    /// <summary>Everything that is wrong, what stops a run first.</summary>
    public static IReadOnlyList<Finding> Of(Machine machine) =>
        [.. OfTorch(machine).Concat(OfProcessor(machine.Processor)).Concat(OfNvidia(machine)).Concat(OfData(machine.Data)).Concat(OfSpace(machine)).OrderBy(finding => !finding.StopsRuns)];

    private static IEnumerable<Finding> OfTorch(Machine machine)
    {
        var torch = machine.Torch;
        if (torch.Failure is { } failure)
        {
            yield return Error("TorchSharp", failure.Cause, failure.Fix);
        }

        if (torch.Packages.FirstOrDefault(IsOfCpu) is { } cpu && torch.Packages.FirstOrDefault(IsOfCuda) is { } cuda)
        {
            yield return Error("libtorch", $"packages for the CPU and for CUDA together: {cpu} and {cuda}", "Reference one of them alone, delete bin and obj, and build again");
        }
    }

    private static IEnumerable<Finding> OfProcessor(ProcessorFacts processor)
    {
        if (processor.LacksAvx2)
        {
            yield return Warning("Processor", "it has no AVX2, or the virtual machine hides it: computing is several times slower",
                "On a virtual machine show it the host's processor (QEMU: -cpu host)");
        }

        if (processor.ThreadsWanted?.Trim() == "1" && processor.Cores > 1)
        {
            yield return Warning("Processor", $"OMP_NUM_THREADS=1 leaves {processor.Cores - 1} of {processor.Cores} cores idle", "Unset OMP_NUM_THREADS, or set it to the number of cores");
        }

        if (processor.HidesCaches)
        {
            yield return Warning("Processor", "the virtual machine hides its caches, and oneDNN 3.7 may compute convolutions wrong then: 1×1 with channels last, 3×3 in the default layout",
                "None is needed for the library's networks; what layers of your own can do is in docs/troubleshooting.md, Wrong numbers");
        }
    }

    private static IEnumerable<Finding> OfNvidia(Machine machine)
    {
        var (torch, nvidia) = (machine.Torch, machine.Nvidia);
        var isForCuda = torch.HasCuda || torch.Packages.Any(IsOfCuda);
        var rebuild = isForCuda ? "" : ", and build with TorchBackend=cuda-linux";
        if (torch.Loaded is { Gpus: > 0 } || (isForCuda && torch.Packages.Any(IsOfCpu)))
        {
            yield break; // It works, or cannot be judged before the packages are right.
        }

        if (nvidia.Driver is null && !nvidia.HasLibrary)
        {
            if (isForCuda || nvidia.Gpus.Count > 0)
            {
                yield return Warning("CUDA", nvidia.Gpus.Count > 0 ? $"no NVIDIA driver is loaded for {nvidia.Gpus[0]}; runs go to the CPU" : "the build is for CUDA, and there is no NVIDIA driver; runs go to the CPU",
                    $"Install NVIDIA's driver, 570 or later{rebuild}" + (isForCuda ? "; without a GPU build with TorchBackend=cpu" : ""));
            }
        }
        else if (nvidia.Driver is { } driver && Version.TryParse(driver, out var version) && version < OldestDriver)
        {
            yield return Warning("CUDA", $"the NVIDIA driver {driver} is too old for CUDA 12.8, which takes {OldestDriver} at least; runs go to the CPU", $"Install driver 570 or later{rebuild}");
        }
        else if (!nvidia.HasLibrary)
        {
            yield return Warning("CUDA", "the driver is loaded, but its library libcuda.so.1 is not here, as in a container started without its GPU",
                $"Start the container with --gpus all and the NVIDIA container toolkit{rebuild}");
        }
        else if (nvidia.Visible is { } visible && (visible.Trim() is "" or "NoDevFiles" || visible.TrimStart().StartsWith('-')))
        {
            yield return Warning("CUDA", $"CUDA_VISIBLE_DEVICES='{visible}' hides every GPU; runs go to the CPU", $"Unset CUDA_VISIBLE_DEVICES{rebuild}");
        }
        else if (!isForCuda)
        {
            yield return Warning("CUDA", "there is an NVIDIA driver, but this build's libtorch computes on the CPU only",
                "Build with TorchBackend=cuda-linux: dotnet build -p:TorchBackend=cuda-linux");
        }
        else if (torch.Loaded is not null)
        {
            yield return Warning("CUDA", "driver and libtorch are there, but CUDA finds no GPU", "See what nvidia-smi says; a restart helps after a driver's update");
        }
    }

    private static IEnumerable<Finding> OfData(DataFacts data)
    {
        if (data.State == DataState.Damaged)
        {
            yield return new("Data", data.Problem!,
                data.IsGiven ? "Put the official files there, or unset CIFAR10_DIR" : "The next run fetches them again; without a network see docs/data.md", StopsRuns: data.IsGiven);
        }

        // What is there already needs no room; and nothing is ever written where CIFAR10_DIR points.
        if (data.IsGiven || data.State is DataState.Verified or DataState.NotVerified)
        {
            yield break;
        }

        if (IsFull(data.Disk, DiskOfData))
        {
            yield return Full("Data", data.Disk, DiskOfData, "or set XDG_CACHE_HOME to a folder on another disk");
        }
        else if (data.Disk.Problem is { } problem)
        {
            yield return Error("Data", $"the cache {data.Folder} cannot be written: {problem}", "Set XDG_CACHE_HOME to a folder that can, or CIFAR10_DIR to one that holds CIFAR-10");
        }
    }

    private static IEnumerable<Finding> OfSpace(Machine machine)
    {
        if (machine.Memory.Free < MemoryOfRun)
        {
            yield return Warning("Memory", $"{Size(machine.Memory.Free)} are free; recipe cpu needs {Size(MemoryOfRun)}", "Close other programs, raise the container's limit, or train with --limit and a smaller --batch");
        }

        if (IsFull(machine.Runs, DiskOfRun))
        {
            yield return Full("Disk", machine.Runs, DiskOfRun, "or train with --out on another disk");
        }
        else if (machine.Runs.Problem is { } problem)
        {
            yield return Error("Disk", $"runs cannot be written to {machine.Runs.Folder}: {problem}", "Start in another folder, or train with --out DIR");
        }
    }

    /// <summary>Bytes in words.</summary>
    public static string Size(long bytes) => bytes >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F1} GB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F0} MB");

    // What the system says counts first: a file system that is only read has no free space either.
    private static bool IsFull(DiskFacts disk, long needed) =>
        disk.Problem is { } problem ? FullDisk.Any(words => problem.Contains(words, StringComparison.OrdinalIgnoreCase)) : disk.Free < needed;

    private static Finding Full(string what, DiskFacts disk, long needed, string orElse) =>
        Error(what, $"the disk of {disk.Folder} is full: {disk.Problem ?? $"{Size(disk.Free)} are free, {Size(needed)} needed"}", $"Delete something there, {orElse}");

    private static bool IsOfCpu(string package) => package.StartsWith("libtorch-cpu", StringComparison.OrdinalIgnoreCase) || package.StartsWith("TorchSharp-cpu", StringComparison.OrdinalIgnoreCase);

    private static bool IsOfCuda(string package) => package.StartsWith("libtorch-cuda", StringComparison.OrdinalIgnoreCase) || package.StartsWith("TorchSharp-cuda", StringComparison.OrdinalIgnoreCase);

    private static Finding Error(string what, string cause, string fix) => new(what, cause, fix, StopsRuns: true);

    private static Finding Warning(string what, string cause, string fix) => new(what, cause, fix, StopsRuns: false);
}
