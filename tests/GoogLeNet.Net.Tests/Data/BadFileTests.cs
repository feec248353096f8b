using System.Security.Cryptography;
using FluentAssertions;
using Xunit;

namespace Inception.Tests.Data;

public enum FileDamage
{
    Truncated,
    Extended,
    LabelOfTen,
    Swapped,
    FlippedBit,
}

/// <summary>Every file, damaged in every way: refused in the user's folder, repaired in the cache.</summary>
public sealed class BadFileTests : IDisposable
{
    private readonly StoreFixture _store = new();

    public static TheoryData<int, FileDamage> Every()
    {
        var rows = new TheoryData<int, FileDamage>();
        foreach (var damage in Enum.GetValues<FileDamage>())
        {
            for (var file = 0; file < 6; file++)
            {
                rows.Add(file, damage);
            }
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_bad_file_in_a_folder_is_named_with_what_is_wrong_and_what_to_do(int file, FileDamage damage)
    {
        var folder = _store.Folder("data");
        var wrong = Spoil(folder, file, damage);
        _store.Options = _store.Options with { Folder = folder };

        (await _store.FailAsync()).Should().Contain(wrong).And.Contain("Give a folder with the six .bin files").And.NotContain("\n");

        Directory.EnumerateFiles(folder).Should().HaveCount(6, "the user's files are left alone");
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task A_bad_file_in_the_cache_is_told_and_fetched_again(int file, FileDamage damage)
    {
        var wrong = Spoil(_store.Records, file, damage);
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(_store.Fake.Archive, from));

        await _store.LoadAndCheckAsync();

        _store.Log.Lines.Should().ContainSingle(line => line.StartsWith("Warning: The CIFAR-10 cache is damaged") && line.Contains(wrong));
        FakeCifar.Names.Select(name => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(_store.Records, name)))))
            .Should().Equal(_store.Fake.Files.Select(file => Convert.ToHexString(SHA256.HashData(file))));
        server.Ranges.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_bad_file_in_the_cache_of_a_machine_without_network_is_named_and_kept()
    {
        var wrong = Spoil(_store.Records, 3, FileDamage.FlippedBit);
        (await _store.FailAsync()).Should().Contain($"[cache {_store.Records}] '").And.Contain(wrong).And.Contain("To supply it by hand");
        Directory.EnumerateFiles(_store.Records).Should().HaveCount(6);
    }

    [Fact]
    public async Task A_pipe_in_place_of_a_file_is_refused_at_once()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var folder = _store.Folder("data");
        _store.Fake.WriteFiles(folder);
        var pipe = Path.Combine(folder, "data_batch_1.bin");
        File.Delete(pipe);
        using (var make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync();
        }

        _store.Options = _store.Options with { Folder = folder };
        (await _store.FailAsync().WaitAsync(TimeSpan.FromSeconds(30))).Should().Contain("data_batch_1.bin' has 0 bytes");
        _store.Options = _store.Options with { Folder = pipe };
        (await _store.FailAsync().WaitAsync(TimeSpan.FromSeconds(30))).Should().Contain("has 0 bytes.");
    }

    [Fact]
    public async Task Links_to_the_files_are_followed()
    {
        var (folder, real) = (_store.Folder("data"), _store.Folder("real"));
        _store.Fake.WriteFiles(real);
        Directory.CreateDirectory(folder);
        foreach (var name in FakeCifar.Names)
        {
            File.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine(real, name));
        }

        _store.Options = _store.Options with { Folder = folder };
        await _store.LoadAndCheckAsync();
    }

    public void Dispose() => _store.Dispose();

    /// <summary>Writes all six files, one of them damaged, and returns what the message must say.</summary>
    private string Spoil(string folder, int file, FileDamage damage)
    {
        _store.Fake.WriteFiles(folder);
        var (name, good) = (FakeCifar.Names[file], _store.Fake.Files[file]);
        var bytes = (byte[])good.Clone();
        var path = Path.Combine(folder, name);
        switch (damage)
        {
            case FileDamage.Truncated:
                File.WriteAllBytes(path, bytes[..^(1 + file)]);
                return $"{name}' has {bytes.Length - 1 - file:N0} bytes; a CIFAR-10 file has 61,460: it is truncated.";
            case FileDamage.Extended:
                File.WriteAllBytes(path, [.. bytes, 0]);
                return $"{name}' has 61,461 bytes; a CIFAR-10 file has 61,460: it is too long.";
            case FileDamage.LabelOfTen:
                bytes[(3 + file) * 3073] = (byte)(10 + file);
                File.WriteAllBytes(path, bytes);
                return $"{name}' is damaged: the label at byte {(3 + file) * 3073:N0} is {10 + file}; 0 to 9 expected.";
            case FileDamage.Swapped:
                var other = (file + 2) % 6;
                File.WriteAllBytes(path, _store.Fake.Files[other]);
                File.WriteAllBytes(Path.Combine(folder, FakeCifar.Names[other]), good);
                var (first, second) = (Math.Min(file, other), Math.Max(file, other));
                return $"{FakeCifar.Names[first]}' has SHA-256 {FakeCifar.Sum(_store.Fake.Files[second])}; {FakeCifar.Sum(_store.Fake.Files[first])} expected:"
                    + $" it is {FakeCifar.Names[second]} under another name.";
            default:
                bytes[1 + (file * 10_007)] ^= (byte)(1 << file);
                File.WriteAllBytes(path, bytes);
                return $"{name}' has SHA-256 {FakeCifar.Sum(bytes)}; {FakeCifar.Sum(good)} expected: it is damaged or has been changed.";
        }
    }
}
