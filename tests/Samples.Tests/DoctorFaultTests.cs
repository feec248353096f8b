using Cifar10Training.Doctor;
using FluentAssertions;
using Inception.Data;
using Inception.Tests.Data;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>Faults of a machine, seeded as small files where there is one to seed, and what the doctor says about each.</summary>
public sealed class DoctorFaultTests : IDisposable
{
    private const long Plenty = 50_000_000_000;

    private static readonly Machine Sound = new()
    {
        DotNet = ".NET 10",
        System = "Linux",
        Processor = new("Processor", Cores: 4, "AVX2, 256 bits"),
        Torch = new("0.107.0", ["libtorch-cpu-linux-x64 2.10.0"], HasCuda: false, Loaded: new("2.10.0", "/app/libLibTorchSharp.so", "/app/libtorch_cpu.so", Gpus: 0)),
        Nvidia = new(Driver: null, HasLibrary: false, Gpus: []),
        Data = new("/cache", IsGiven: false, DataState.Verified, Problem: null, new("/cache", Plenty)),
        Memory = new(Plenty, Plenty),
        Runs = new("/home", Plenty),
    };

    private static readonly TorchFacts ForCuda = Sound.Torch with { Packages = ["TorchSharp-cuda-linux 0.107.0", "libtorch-cuda-12.8-linux-x64 2.10.0"], HasCuda = true };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_sound_machine_has_no_findings() => Diagnosis.Of(Sound).Should().BeEmpty();

    [Fact]
    public void Packages_for_the_CPU_and_for_CUDA_together()
    {
        Write("cifar10.deps.json", """{ "libraries": { "TorchSharp/0.107.0": {}, "libtorch-cpu-linux-x64/2.10.0": {}, "TorchSharp-cuda-linux/0.107.0": {}, "SkiaSharp/2.88.6": {} } }""");

        var packages = Probes.PackagesOf(folder["cifar10.deps.json"]);

        packages.Should().Equal("libtorch-cpu-linux-x64 2.10.0", "TorchSharp-cuda-linux 0.107.0");
        Finding(Sound with { Torch = Sound.Torch with { Packages = packages } }, stopsRuns: true,
            "libtorch-cpu-linux-x64 2.10.0 and TorchSharp-cuda-linux 0.107.0", "Reference one of them alone");
    }

    [Fact]
    public void A_GPU_without_a_driver()
    {
        Write("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
        Write("sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n");
        Write("sys/bus/pci/devices/0000:02:00.0/vendor", "0x8086\n");
        Write("sys/bus/pci/devices/0000:02:00.0/class", "0x030000\n");

        Finding(Nvidia(ForCuda, hasLibrary: false), stopsRuns: false, "no NVIDIA driver is loaded for the NVIDIA GPU at 0000:01:00.0", "Install NVIDIA's driver, 570 or later");
    }

    [Fact]
    public void A_build_for_CUDA_where_there_is_neither_driver_nor_GPU() =>
        Finding(Nvidia(ForCuda, hasLibrary: false), stopsRuns: false, "the build is for CUDA, and there is no NVIDIA driver", "without a GPU build with TorchBackend=cpu");

    [Theory]
    [InlineData("NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.256.02  Thu May  2 14:37:44 UTC 2024\nGCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n", "470.256.02")]
    [InlineData("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  515.43.04  Release Build  (archlinux-builder@archlinux)\nGCC version:  gcc version 12.1.0 (GCC)\n", "515.43.04")]
    public void A_driver_that_is_too_old_for_the_bundle(string version, string number)
    {
        Write("proc/driver/nvidia/version", version);

        Finding(Nvidia(ForCuda, hasLibrary: true), stopsRuns: false, $"the NVIDIA driver {number} is too old for CUDA 12.8, which takes 525.60.13", "Install driver 570 or later");
    }

    [Fact]
    public void A_container_that_was_started_without_its_GPU()
    {
        Write("proc/driver/nvidia/version", Driver570);

        Finding(Nvidia(ForCuda, hasLibrary: false), stopsRuns: false, "libcuda.so.1 is not here", "Start the container with --gpus all");
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    public void GPUs_hidden_by_a_variable(string visible)
    {
        Write("proc/driver/nvidia/version", Driver570);

        Finding(Nvidia(ForCuda, hasLibrary: true, visible), stopsRuns: false, $"CUDA_VISIBLE_DEVICES='{visible}' hides every GPU", "Unset CUDA_VISIBLE_DEVICES");
    }

    [Fact]
    public void A_GPU_and_a_build_for_the_CPU()
    {
        Write("proc/driver/nvidia/version", Driver570);
        Write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H200\nIRQ:   \t\t 57\n");
        var machine = Nvidia(Sound.Torch, hasLibrary: true);

        machine.Nvidia.Gpus.Should().Equal("NVIDIA H200");
        Finding(machine, stopsRuns: false, "this build's libtorch computes on the CPU only", "TorchBackend=cuda-linux");
    }

    [Fact]
    public void A_GPU_that_works_has_no_findings()
    {
        Write("proc/driver/nvidia/version", Driver570);

        Diagnosis.Of(Nvidia(ForCuda with { Loaded = Sound.Torch.Loaded! with { Gpus = 1 } }, hasLibrary: true)).Should().BeEmpty();
    }

    [Fact]
    public void A_cache_that_cannot_be_written()
    {
        // As a file system that is mounted for reading alone says it.
        var disk = Probes.ReadDisk(folder["cache"], path => throw new IOException($"Read-only file system : '{path}'"));

        Finding(Sound with { Data = Sound.Data with { State = DataState.Empty, Disk = disk } }, stopsRuns: true, "cannot be written: Read-only file system", "Set XDG_CACHE_HOME");
        Diagnosis.Of(Sound with { Data = Sound.Data with { Disk = disk } }).Should().BeEmpty("images that are there already are only read");
    }

    [Fact]
    public void A_folder_where_the_system_takes_no_files()
    {
        if (OperatingSystem.IsLinux())
        {
            Finding(Sound with { Runs = Probes.ReadDisk("/sys/kernel/runs") }, stopsRuns: true, "runs cannot be written to /sys/kernel/runs", "train with --out DIR");
        }
    }

    [Fact]
    public void A_full_disk()
    {
        // Files written to /dev/full meet the system's own answer.
        Action<string> write = OperatingSystem.IsLinux() ? _ => File.WriteAllText("/dev/full", "text") : _ => throw new IOException("There is not enough space on the disk.");
        var disk = Probes.ReadDisk(folder.Path, write);

        Finding(Sound with { Runs = disk }, stopsRuns: true, $"the disk of {folder.Path} is full: {disk.Problem}", "train with --out on another disk");
        Finding(Sound with { Data = Sound.Data with { State = DataState.Empty, Disk = disk } }, stopsRuns: true, $"the disk of {folder.Path} is full", "XDG_CACHE_HOME");
        Finding(Sound with { Runs = new("/home", Free: 20_000_000) }, stopsRuns: true, "20 MB are free, 100 MB needed", "Delete something");
    }

    [Theory]
    [InlineData(false, "The next run fetches them again")]
    [InlineData(true, "unset CIFAR10_DIR")]
    public async Task Images_with_one_changed_byte(bool isGiven, string fix)
    {
        var fake = new FakeCifar();
        var records = folder["cifar-10-batches-bin"];
        fake.WriteFiles(records);
        (await ReadDataAsync(fake, isGiven)).State.Should().Be(DataState.Verified);

        fake.Files[0][100] ^= 1;
        fake.WriteFiles(records);
        var data = await ReadDataAsync(fake, isGiven);

        var finding = Finding(Sound with { Data = data }, stopsRuns: isGiven, $"'{Path.Combine(records, "data_batch_1.bin")}' has SHA-256 ", fix);
        finding.Cause.Should().EndWith("it is damaged or has been changed");
    }

    [Fact]
    public async Task A_folder_of_images_that_is_not_there() =>
        Finding(Sound with { Data = await ReadDataAsync(new FakeCifar(), isGiven: true, "nothing") }, stopsRuns: true, $"{folder["nothing"]}: it does not exist", "unset CIFAR10_DIR");

    [Fact]
    public async Task An_empty_cache_is_no_fault_and_is_not_made()
    {
        var data = await Probes.ReadDataAsync(folder["cache"], isGiven: false, verify: null, CancellationToken.None);

        data.State.Should().Be(DataState.Empty);
        Diagnosis.Of(Sound with { Data = data with { Disk = data.Disk with { Free = Plenty } } }).Should().BeEmpty();
        Directory.EnumerateFileSystemEntries(folder.Path).Should().BeEmpty("the doctor leaves nothing behind");
    }

    [Fact]
    public void One_thread_by_a_variable() =>
        Finding(Sound with { Processor = Sound.Processor with { ThreadsWanted = "1" } }, stopsRuns: false, "OMP_NUM_THREADS=1 leaves 3 of 4 cores idle", "Unset OMP_NUM_THREADS");

    [Fact]
    public void A_processor_without_AVX2() =>
        Finding(Sound with { Processor = Sound.Processor with { LacksAvx2 = true } }, stopsRuns: false, "no AVX2", "-cpu host");

    [LinuxTheory]
    [InlineData("2\n", false)]
    [InlineData("1\n", true)]
    public void A_virtual_machine_that_hides_its_caches(string level, bool hides)
    {
        Write("sys/devices/system/cpu/cpu0/cache/index0/level", level);

        Probes.HidesCaches(folder.Path).Should().Be(hides);
        Finding(Sound with { Processor = Sound.Processor with { HidesCaches = true } }, stopsRuns: false, "hides its caches", "docs/troubleshooting.md");
    }

    [Fact]
    public void A_container_with_little_memory()
    {
        Write("proc/meminfo", "MemTotal:       24684424 kB\nMemFree:        11268096 kB\nMemAvailable:   21991424 kB\n");
        Write("sys/fs/cgroup/memory.max", "1000000000\n");
        Write("sys/fs/cgroup/memory.current", "700000000\n");
        Write("sys/fs/cgroup/memory.stat", "anon 500000000\ninactive_file 100000000\n");

        var memory = Probes.ReadMemory(folder.Path);

        memory.Should().Be(new MemoryFacts(400_000_000, 1_000_000_000));
        Finding(Sound with { Memory = memory }, stopsRuns: false, "400 MB are free", "raise the container's limit");
    }

    [Fact]
    public void Where_the_system_does_not_tell_its_memory_the_runtime_does_and_what_is_in_use_is_not_free()
    {
        GC.Collect();

        var memory = Probes.ReadMemory(folder.Path);

        memory.Total.Should().Be(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        memory.Free.Should().BeInRange(1, memory.Total - 1_000_000, "this process alone takes more than a megabyte");
    }

    [Fact]
    public void What_stops_a_run_comes_first() =>
        Diagnosis.Of(Sound with { Processor = Sound.Processor with { LacksAvx2 = true }, Runs = new("/home", Plenty, "Permission denied") })
            .Select(finding => finding.StopsRuns).Should().Equal(true, false);

    private const string Driver570 = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs-builder@U16-I3)\n";

    private static Finding Finding(Machine machine, bool stopsRuns, string cause, string fix)
    {
        var finding = Diagnosis.Of(machine).Should().ContainSingle().Which;
        finding.Cause.Should().Contain(cause).And.NotContain("\n").And.NotEndWith(".");
        finding.Fix.Should().Contain(fix).And.NotContain("\n").And.NotEndWith(".");
        finding.StopsRuns.Should().Be(stopsRuns);
        return finding;
    }

    private Machine Nvidia(TorchFacts torch, bool hasLibrary, string? visible = null) => Sound with { Torch = torch, Nvidia = Probes.ReadNvidia(folder.Path, hasLibrary, visible) };

    private Task<DataFacts> ReadDataAsync(FakeCifar fake, bool isGiven, string name = "") => Probes.ReadDataAsync(folder[name], isGiven, async (path, cancellationToken) =>
    {
        // The library's own reading and sums, of files that are smaller.
        var sources = new Cifar10Sources { Manifest = fake.Manifest, FolderFromEnvironment = null };
        using var images = await Cifar10.LoadFromAsync(sources, new() { Folder = path }, null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, cancellationToken);
    }, CancellationToken.None);

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
        File.WriteAllText(folder[path], text);
    }
}
