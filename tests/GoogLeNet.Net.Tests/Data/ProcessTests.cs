using FluentAssertions;
using Xunit;

namespace Inception.Tests.Data;

/// <summary>What threads of one process cannot show: locks and downloads among processes.</summary>
public sealed class ProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly StoreFixture _store = new();

    [Fact]
    public async Task Processes_that_begin_with_one_empty_cache_download_once_and_read_the_same()
    {
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(_store.Fake.Archive, from));
        var processes = Enumerable.Range(0, 3).Select(_ => LoaderProcess.Start(_store.Cache, server.Address)).ToList();

        foreach (var process in processes)
        {
            var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
            await process.WaitForExitAsync().WaitAsync(Patience);
            process.ExitCode.Should().Be(0);
            output.Trim().Should().Be(LoaderProcess.Sum(await _store.LoadAsync()));
            process.Dispose();
        }

        server.Ranges.Should().HaveCount(1);
        _store.CacheShouldBe(complete: true);
    }

    [Fact]
    public async Task What_a_process_had_downloaded_when_it_was_killed_is_not_fetched_again()
    {
        using (var server = _store.Serve((_, _) => new Reply(200, _store.Fake.Archive) { StallAfter = 20_000 }))
        {
            using var process = LoaderProcess.Start(_store.Cache, server.Address);
            await _store.PartReachesAsync(20_000);
            process.Kill();
            await process.WaitForExitAsync().WaitAsync(Patience);
        }

        _store.CacheShouldBe(complete: false, halfMade: true);
        using var better = _store.Serve((_, from) => LoopbackServer.Serve(_store.Fake.Archive, from));
        await _store.LoadAndCheckAsync();
        better.Ranges.Should().Equal(20_000);
        _store.CacheShouldBe(complete: true);
    }

    public void Dispose() => _store.Dispose();
}
