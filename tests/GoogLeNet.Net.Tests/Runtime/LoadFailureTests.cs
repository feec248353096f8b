using FluentAssertions;
using Inception.Runtime;
using Xunit;

namespace Inception.Tests.Runtime;

/// <summary>Messages as .NET passes them on from glibc, musl and macOS.</summary>
public sealed class LoadFailureTests
{
    private const string NoSuchFolder = "/nowhere/libtorch_cpu.so";

    [Theory]
    [InlineData("/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)", "GLIBCXX_3.4.32, which this system's libstdc++.so.6 does not have", "GCC 13's libstdc++")]
    [InlineData("/lib64/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /app/libtorch_cpu.so)", "GLIBCXX_3.4.30, which this system's libstdc++.so.6", "Use a newer system")]
    [InlineData("/lib64/libc.so.6: version `GLIBC_2.34' not found (required by /app/libtorch_cpu.so)", "GLIBC_2.34, which this system's libc.so.6", "Use a newer system")]
    [InlineData("libgomp.so.1: cannot open shared object file: No such file or directory", "needs libgomp.so.1, which is not on this system", "apt-get install libgomp1")]
    [InlineData("libstdc++.so.6: cannot open shared object file: No such file or directory", "needs libstdc++.so.6", "libstdc++6")]
    [InlineData("libcuda.so.1: cannot open shared object file: No such file or directory", "needs libcuda.so.1", "NVIDIA's driver")]
    [InlineData("libgomp-98b21ff3.so.1: cannot open shared object file: No such file or directory", "needs libgomp-98b21ff3.so.1", "belongs to libtorch's package")]
    [InlineData("libnuma.so.1: cannot open shared object file: No such file or directory", "needs libnuma.so.1", "Install the package that holds it")]
    [InlineData("/app/libLibTorchSharp.so: undefined symbol: _ZN2at4_ops10zeros_like4callE", "libLibTorchSharp.so does not fit the libtorch beside it", "delete bin and obj")]
    [InlineData("/app/libtorch_cpu.so: wrong ELF class: ELFCLASS32", "made for another processor", "dotnet publish -r")]
    [InlineData("/app/libtorch_cpu.so: invalid ELF header", "libtorch_cpu.so is damaged", "NuGet cache")]
    [InlineData("/app/libtorch_cpu.so: file too short", "libtorch_cpu.so is damaged", "NuGet cache")]
    [InlineData("/app/libtorch_cpu.so: cannot read file data", "libtorch_cpu.so is damaged", "NuGet cache")]
    [InlineData("/app/libtorch_cpu.so: failed to map segment from shared object: Permission denied", "may not be read or mapped", "noexec")]
    [InlineData("Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /app/libtorch_cpu.so)", "needs the GNU C library", "not Alpine")]
    [InlineData("Error relocating /app/libtorch_cpu.so: __vsnprintf_chk: symbol not found", "needs the GNU C library", "not Alpine")]
    [InlineData("dlopen(/app/libtorch_cpu.dylib, 0x0001): tried: '/app/libtorch_cpu.dylib' (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))", "made for another processor", "osx-arm64")]
    [InlineData("something else", "something else", "docs/troubleshooting.md")]
    public void The_loaders_words_become_a_cause_and_a_fix(string words, string cause, string fix)
    {
        var message = $"Unable to load shared library '{NoSuchFolder}' or one of its dependencies. In order to help diagnose loading problems, consider using a tool like strace. \n{words}\n";

        var failure = LoadFailure.Explain(NoSuchFolder, message);

        failure.Cause.Should().Contain(cause).And.NotContain("\n");
        failure.Fix.Should().Contain(fix).And.NotContain("\n");
    }

    [Theory]
    [InlineData("/app/libgomp-98b21ff3.so.1: file too short", "/app/libgomp-98b21ff3.so.1")]
    [InlineData("libc10.so: invalid ELF header", "/app/libc10.so")]
    public void A_damaged_library_that_this_one_needs_is_the_one_to_delete(string message, string damaged)
    {
        var explained = LoadFailure.Explain("/app/libLibTorchSharp.so", $"Unable to load shared library or one of its dependencies.\n{message}\n");

        explained.Cause.Should().Be($"{Path.GetFileName(damaged)} is damaged");
        explained.Fix.Should().StartWith($"Delete {damaged} ");
    }

    [LinuxFact]
    public void Nothing_speaks_against_the_libraries_of_this_build() =>
        Directory.GetFiles(Path.GetDirectoryName(NativeFiles.Find("libLibTorchSharp.so"))!).Select(ElfFile.Problem).Should().OnlyContain(problem => problem == null);
}
