using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Inception.Data;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inception.Tests.Data;

/// <summary>This assembly as a program: a process of its own that loads the fake data through a cache and an address.</summary>
internal static class LoaderProcess
{
    /// <summary>Loads and prints the sum of everything that was read.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        using var store = new StoreFixture();
        var manifest = store.Fake.Manifest;
        var sources = store.Sources with { Manifest = manifest with { Archive = manifest.Archive with { Address = new Uri(arguments[1]) } } };
        var sink = new ArraySink();
        await new Cifar10Store(sources, new() { CacheFolder = arguments[0] }, null, NullLogger.Instance).LoadAsync(sink, default);
        Console.WriteLine(Sum(sink));
        return 0;
    }

    public static Process Start(string cache, Uri address)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        string[] arguments = [typeof(LoaderProcess).Assembly.Location, cache, address.ToString()];
        return Process.Start(new ProcessStartInfo(host, arguments) { RedirectStandardOutput = true })!;
    }

    public static string Sum(ArraySink sink)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var file = 0; file < 6; file++)
        {
            sum.AppendData(sink.PixelArrays[file]);
            sum.AppendData(MemoryMarshal.AsBytes<long>(sink.LabelArrays[file]));
        }
        return Convert.ToHexString(sum.GetHashAndReset());
    }
}
