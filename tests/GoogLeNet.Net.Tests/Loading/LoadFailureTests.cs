using FluentAssertions;
using Inception.Loading;
using Xunit;

namespace Inception.Tests.Loading;

/// <summary>The loaders' own words, as glibc, macOS and Windows have them, become one line.</summary>
public sealed class LoadFailureTests
{
    private const string Path = "/app/libLibTorchSharp.so";

    [Theory]
    [InlineData("/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)", "needs GLIBCXX_3.4.32, which this system's libstdc++.so.6 does not have")]
    [InlineData("/lib/libc.so.6: version `GLIBC_2.34' not found (required by /app/libLibTorchSharp.so)", "needs GLIBC_2.34, which this system's libc.so.6 does not have")]
    [InlineData("libstdc++.so.6: cannot open shared object file: No such file or directory", "needs libstdc++.so.6, which is not on this system")]
    [InlineData("/app/libtorch.so: cannot open shared object file: No such file or directory", "needs libtorch.so, which does not lie beside it")]
    [InlineData("/app/libLibTorchSharp.so: wrong ELF class: ELFCLASS32", "is made for another processor")]
    [InlineData("/app/libLibTorchSharp.so: invalid ELF header", "is damaged")]
    [InlineData("/app/libLibTorchSharp.so: failed to map segment from shared object: Operation not permitted. Permission denied", "may not be read or mapped by this user")]
    [InlineData("/app/libLibTorchSharp.so: undefined symbol: _ZN2at4onesE", ": /app/libLibTorchSharp.so: undefined symbol: _ZN2at4onesE")]
    public void A_loaders_message_becomes_one_line(string message, string cause)
    {
        var explained = LoadFailure.Explain(Path, $"Unable to load shared library '{Path}' or one of its dependencies. Consider strace:\n{message}\n");

        explained.Cause.Should().StartWith("libLibTorchSharp.so").And.EndWith(cause).And.NotContain("\n");
        explained.Fix.Should().NotBeEmpty().And.NotContain("\n");
    }

    [Theory]
    [InlineData("/app/libgomp-98b21ff3.so.1: file too short", "/app/libgomp-98b21ff3.so.1")]
    [InlineData("libc10.so: invalid ELF header", "/app/libc10.so")]
    public void A_damaged_library_that_this_one_needs_is_the_one_to_delete(string message, string damaged)
    {
        var explained = LoadFailure.Explain(Path, $"Unable to load shared library '{Path}' or one of its dependencies.\n{message}\n");

        explained.Cause.Should().Be($"{System.IO.Path.GetFileName(damaged)} is damaged");
        explained.Fix.Should().StartWith($"Delete {damaged} ");
    }
}
