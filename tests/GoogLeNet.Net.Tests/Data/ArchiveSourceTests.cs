using System.Formats.Tar;
using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Data;

public sealed class ArchiveSourceTests : IDisposable
{
    private readonly StoreFixture _store = new();

    private byte[] Archive => _store.Fake.Archive;

    [Fact]
    public async Task Downloads_verifies_and_keeps_the_files()
    {
        using (var server = _store.Serve((_, from) => LoopbackServer.Serve(Archive, from)))
        {
            await _store.LoadAndCheckAsync();
        }

        _store.CacheShouldBe(complete: true);
        File.Exists(_store.Part).Should().BeFalse("the archive is not needed any more");
        await _store.LoadAndCheckAsync(); // the server is gone: this comes from the cache
    }

    [Fact]
    public async Task Reports_bytes()
    {
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(Archive, from));
        await _store.LoadAsync();
        _store.Progress.Select(p => p.BytesReceived).Should().BeInAscendingOrder();
        _store.Progress.Should().OnlyContain(p => p.TotalBytes == Archive.Length && p.Source == server.Address.ToString());
        _store.Progress.Last().BytesReceived.Should().Be(Archive.Length);
    }

    [Fact]
    public async Task Goes_on_after_a_cut_connection()
    {
        using var server = _store.Serve((request, from) => LoopbackServer.Serve(Archive, from) with { CutAfter = request < 2 ? 30_000 : null });
        await _store.LoadAndCheckAsync();
        server.Ranges.Should().Equal(null, 30_000, 60_000);
    }

    [Fact]
    public async Task Goes_on_with_what_an_earlier_process_left()
    {
        LeavePart(Archive[..50_000]);
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(Archive, from));
        await _store.LoadAndCheckAsync();
        server.Ranges.Should().Equal(50_000);
    }

    [Fact]
    public async Task A_complete_part_needs_no_server()
    {
        LeavePart(Archive);
        await _store.LoadAndCheckAsync();
    }

    [Fact]
    public async Task Begins_again_where_the_server_ignores_ranges()
    {
        LeavePart(Archive[..50_000]);
        using var server = _store.Serve((_, _) => new Reply(200, Archive));
        await _store.LoadAndCheckAsync();
    }

    [Theory]
    [InlineData(416, null, "range refused")]
    [InlineData(206, 40_000L, "another range than asked for")]
    [InlineData(206, null, "a range that is not named")]
    public async Task Discards_a_part_that_cannot_be_resumed(int status, long? rangeFrom, string reason)
    {
        LeavePart(Archive[..50_000]);
        using var server = _store.Serve((_, from) => from is null ? new Reply(200, Archive) : new Reply(status, Archive[50_000..]) { RangeFrom = rangeFrom });
        await _store.LoadAndCheckAsync();
        server.Ranges.Should().Equal([50_000, null], reason);
    }

    [Theory]
    [InlineData(50_000, "garbage that is resumed")]
    [InlineData(0, "garbage of the right length")]
    [InlineData(-10, "longer than the archive")]
    public async Task Discards_a_part_that_is_not_the_archive(int missing, string reason)
    {
        LeavePart(new byte[Archive.Length - missing]);
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(Archive, from));
        await _store.LoadAndCheckAsync();
        _store.Log.Lines.Should().Contain(l => l.StartsWith("Warning: The partial download", StringComparison.Ordinal), reason);
    }

    [Fact]
    public async Task A_wrong_archive_is_discarded_and_the_sums_are_told()
    {
        var wrong = (byte[])Archive.Clone();
        wrong[^1] ^= 1;
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(wrong, from));
        (await _store.FailAsync()).Should().Contain($"what it sent is not the file: its SHA-256 is {FakeCifar.Sum(wrong)}; {FakeCifar.Sum(Archive)} expected.");
        File.Exists(_store.Part).Should().BeFalse();
        _store.CacheShouldBe(complete: false);
    }

    [Theory]
    [InlineData(404, "HTTP 404 Status.")]
    [InlineData(500, "HTTP 500 Status.")]
    public async Task A_refusal_is_told(int status, string expected)
    {
        using var server = _store.Serve((_, _) => new Reply(status, "no"u8.ToArray()));
        (await _store.FailAsync()).Should().Contain($"[{server.Address}] {expected}");
    }

    [Fact]
    public async Task A_page_in_place_of_the_archive_is_refused_before_it_is_saved()
    {
        using var server = _store.Serve((_, _) => new Reply(200, "<html>Please log in</html>"u8.ToArray()));
        (await _store.FailAsync()).Should().Contain($"it offers 26 bytes; the file has {Archive.Length:N0}.");
        File.Exists(_store.Part).Should().BeFalse();
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up_and_its_bytes_kept()
    {
        _store.Sources = _store.Sources with { Patience = DownloadPatience.Default with { Stall = TimeSpan.FromMilliseconds(400) } };
        using var server = _store.Serve((request, from) => request == 0
            ? new Reply(200, Archive) { StallAfter = 20_000 }
            : LoopbackServer.Serve(Archive, from) with { StallAfter = 0 });
        (await _store.FailAsync()).Should().Contain("no data for 0.4 s.");
        new FileInfo(_store.Part).Length.Should().Be(20_000);
    }

    [Fact]
    public async Task A_slow_server_that_goes_on_sending_is_waited_for()
    {
        // 4.5 seconds in all: longer than the patience, and no pause as long as it.
        _store.Sources = _store.Sources with { Patience = DownloadPatience.Default with { Stall = TimeSpan.FromSeconds(4) } };
        using var server = _store.Serve((_, _) => new Reply(200, Archive) { Pauses = 3, Pause = TimeSpan.FromSeconds(1.5) });
        await _store.LoadAndCheckAsync();
        server.Ranges.Should().Equal([null], "one request was enough");
    }

    [Fact]
    public async Task Cancelling_keeps_the_part_and_frees_the_lock()
    {
        using var cancel = new CancellationTokenSource();
        _store.Sources = _store.Sources with { Patience = DownloadPatience.Default with { Stall = TimeSpan.FromMinutes(1) } };
        using (var server = _store.Serve((_, _) => new Reply(200, Archive) { StallAfter = 20_000 }))
        {
            var loading = _store.FailAsync<OperationCanceledException>(cancel.Token);
            await _store.PartReachesAsync(20_000);
            cancel.Cancel();
            await loading;
        }
        _store.CacheShouldBe(complete: false);
        using var better = _store.Serve((_, from) => LoopbackServer.Serve(Archive, from));
        await _store.LoadAndCheckAsync();
        better.Ranges.Should().Equal(20_000);
    }

    public static TheoryData<string, Func<TarEntry>> HostileEntries() => new()
    {
        { "not a regular file but SymbolicLink", () => new PaxTarEntry(TarEntryType.SymbolicLink, "cifar-10-batches-bin/data_batch_1.bin") { LinkName = "/etc/passwd" } },
        { "not a regular file but HardLink", () => new PaxTarEntry(TarEntryType.HardLink, "cifar-10-batches-bin/data_batch_1.bin") { LinkName = "/etc/passwd" } },
        { "not a regular file but Directory", () => new PaxTarEntry(TarEntryType.Directory, "cifar-10-batches-bin/data_batch_1.bin") },
        { "not a regular file but CharacterDevice", () => new PaxTarEntry(TarEntryType.CharacterDevice, "cifar-10-batches-bin/data_batch_1.bin") },
        { "not a regular file but Fifo", () => new PaxTarEntry(TarEntryType.Fifo, "cifar-10-batches-bin/data_batch_1.bin") },
        { "lacks data_batch_1.bin", () => new PaxTarEntry(TarEntryType.SymbolicLink, "cifar-10-batches-bin") { LinkName = "/tmp" } },
        { "has 61,459 bytes; 61,460 expected", () => FakeCifar.File("cifar-10-batches-bin/data_batch_1.bin", new byte[61_459]) },
        { "has 61,461 bytes; 61,460 expected", () => FakeCifar.File("cifar-10-batches-bin/data_batch_1.bin", new byte[61_461]) },
        { "lacks data_batch_1.bin", () => FakeCifar.File("../cifar-10-batches-bin/data_batch_1.bin", new byte[61_460]) },
        { "lacks data_batch_1.bin", () => FakeCifar.File("/tmp/cifar-10-batches-bin/data_batch_1.bin", new byte[61_460]) },
        { "lacks data_batch_1.bin", () => FakeCifar.File("cifar-10-batches-bin/../data_batch_1.bin", new byte[61_460]) },
        { "data_batch_2.bin is in the archive twice", () => FakeCifar.File("cifar-10-batches-bin/data_batch_2.bin", new byte[61_460]) },
    };

    [Theory]
    [MemberData(nameof(HostileEntries))]
    public async Task A_hostile_archive_writes_nothing_outside_and_is_refused(string why, Func<TarEntry> entry)
    {
        // Even one whose sum is the expected one.
        var others = FakeCifar.Names.Skip(1).Select((name, i) => FakeCifar.File($"cifar-10-batches-bin/{name}", _store.Fake.Files[i + 1]));
        var hostile = FakeCifar.Tar([others.First(), entry(), .. others.Skip(1)]);
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(hostile, from));
        var spec = new RemoteFile(server.Address, "cifar-10-binary.tar.gz", hostile.Length, FakeCifar.Sum(hostile));
        _store.Sources = _store.Sources with { Manifest = _store.Fake.Manifest with { Archive = spec } };

        (await _store.FailAsync()).Should().Contain(why);

        _store.CacheShouldBe(complete: false);
        Directory.EnumerateFileSystemEntries(_store.Root).Select(Path.GetFileName).Should().Equal("cache");
    }

    public void Dispose() => _store.Dispose();

    private void LeavePart(byte[] bytes)
    {
        Directory.CreateDirectory(_store.Cache);
        File.WriteAllBytes(_store.Part, bytes);
    }
}
