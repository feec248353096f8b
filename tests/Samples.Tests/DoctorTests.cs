using FluentAssertions;
using Inception.Runtime;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary><c>cifar10 doctor</c> as a process: on this machine, and in a folder with native libraries that are wrong.</summary>
public sealed class DoctorTests
{
    private static readonly string[] Rows = [".NET", "System", "Processor", "TorchSharp", "libtorch", "CUDA", "GPUs", "Data", "Memory", "Disk"];

    [Fact]
    public async Task It_says_what_a_run_would_find_here()
    {
        var result = await SampleProcess.RunAsync("doctor");

        result.Output.Should().Contain("2.10.0").And.Contain(TorchRuntime.TorchSharpVersion.ToString(3)).And.Contain("bits").And.NotContain("does not load");
        Names(result).Should().Equal(Rows);
        result.ErrorLines.Should().BeEmpty();
        result.ExitCode.Should().Be(result.OutputLines.Any(line => line.StartsWith("Error:", StringComparison.Ordinal)) ? 1 : 0);
    }

    [NoGpuFact]
    public async Task A_GPU_that_is_not_there_is_said_in_one_line_below_the_table()
    {
        var result = await SampleProcess.RunAsync("doctor", "--device", "cuda");

        result.ExitCode.Should().Be(1);
        result.ErrorLines.Should().ContainSingle().Which.Should().Contain("no GPU");
        Names(result).Should().Equal(Rows);
    }

    [Fact]
    public async Task A_device_that_is_none_is_bad_usage() => (await SampleProcess.RunAsync("doctor", "--device", "tpu")).ExitCode.Should().Be(2);

    [LinuxTheory]
    [InlineData("no native package", "no libtorch lies beside the program", "Add one package to the application, in TorchSharp's version")]
    [InlineData("wrong architecture", "libc10.so is made for another processor (Arm64) than this process is (X64)", "dotnet publish -r")]
    [InlineData("cut short", "libc10.so is damaged", "and its package in the NuGet cache, and build again")]
    [InlineData("no library", "libtorch_cpu.so is damaged", "and its package in the NuGet cache, and build again")]
    [InlineData("incomplete", "libtorch_cpu.so needs lib", "It belongs to libtorch's package: delete bin and obj, and build again")]
    public async Task Native_libraries_that_do_not_load_are_named_with_the_fix_and_the_rest_of_the_table(string fault, string cause, string fix)
    {
        using var folder = new TemporaryFolder();
        Seed(fault, folder);

        // Packages hold what .NET finds by itself.
        using var process = SampleProcess.StartProgram(folder["cifar10"], ["doctor"], ("NUGET_PACKAGES", folder["packages"]));
        var result = await process.FinishAsync();

        result.Output.Should().Contain($"Error: TorchSharp: {cause}").And.Contain(fix);
        Names(result).Should().Equal(Rows);
        result.ExitCode.Should().Be(1);
    }

    private static string[] Names(SampleResult result) =>
        [.. result.Output.Split('\n').TakeWhile(line => line.Length > 0).Where(line => line[0] != ' ').Select(line => line.Split(' ')[0])];

    // The program by links and without its .deps.json, so that .NET looks for native libraries beside it.
    private static void Seed(string fault, TemporaryFolder folder)
    {
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Select(Path.GetFileName).OfType<string>().Where(file => file != "cifar10.dll"))
        {
            File.CreateSymbolicLink(folder[file], Path.Combine(AppContext.BaseDirectory, file));
        }

        // The host would follow links of these two.
        foreach (var file in (string[])["cifar10.dll", "cifar10.runtimeconfig.json"])
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, file), folder[file]);
        }

        foreach (var name in fault == "no native package" ? ["libLibTorchSharp.so"] : (string[])["libc10.so", "libtorch_cpu.so", "libLibTorchSharp.so"])
        {
            File.WriteAllBytes(folder[name], LibraryHeader());
        }

        switch (fault)
        {
            case "wrong architecture":
                Change("libc10.so", bytes => bytes[18] = 0xb7);
                break;
            case "cut short":
                Change("libc10.so", bytes => bytes[0x38] = 9);
                break;
            case "no library":
                File.WriteAllText(folder["libtorch_cpu.so"], new string('x', 4096));
                break;
            case "incomplete":
                File.Delete(folder["libc10.so"]);
                File.Delete(folder["libtorch_cpu.so"]);
                File.CreateSymbolicLink(folder["libtorch_cpu.so"], NativeFiles.Find("libtorch_cpu.so")!);
                break;
            default:
                break;
        }

        void Change(string name, Action<byte[]> change)
        {
            var bytes = LibraryHeader();
            change(bytes);
            File.WriteAllBytes(folder[name], bytes);
        }
    }

    // 64 bits, little-endian, a shared object for x64, of no parts.
    private static byte[] LibraryHeader()
    {
        var bytes = new byte[64];
        "\x7f"u8.CopyTo(bytes);
        "ELF\x02\x01\x01"u8.CopyTo(bytes.AsSpan(1));
        (bytes[16], bytes[18], bytes[20], bytes[0x28], bytes[0x34], bytes[0x36], bytes[0x3a]) = (3, 0x3e, 1, 64, 64, 56, 64);
        return bytes;
    }

    private sealed class NoGpuFactAttribute : FactAttribute
    {
        public NoGpuFactAttribute() => Skip = TorchSharp.torch.cuda.is_available() ? "there is a GPU here" : null;
    }
}
