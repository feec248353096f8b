using FluentAssertions;
using Xunit;

namespace Inception.Tests.Data;

public sealed class GivenFolderTests : IDisposable
{
    private readonly StoreFixture _store = new();
    private readonly string _folder;

    public GivenFolderTests()
    {
        _folder = _store.Folder("data");
        Directory.CreateDirectory(_folder);
        _store.Options = _store.Options with { Folder = _folder };
    }

    [Theory]
    [InlineData("", "the files themselves")]
    [InlineData("cifar-10-batches-bin", "the extracted archive")]
    public async Task Reads_files_where_they_are(string below, string reason)
    {
        _store.Fake.WriteFiles(Path.Combine(_folder, below));
        await _store.LoadAndCheckAsync();
        Directory.Exists(_store.Cache).Should().BeFalse("{0} need no cache", reason);
    }

    [Theory]
    [InlineData(true, "the archive itself")]
    [InlineData(false, "the folder with the archive")]
    public async Task Reads_the_archive_without_unpacking(bool fileItself, string reason)
    {
        var archive = Path.Combine(_folder, "cifar-10-binary.tar.gz");
        File.WriteAllBytes(archive, _store.Fake.Archive);
        _store.Options = _store.Options with { Folder = fileItself ? archive : _folder };
        await _store.LoadAndCheckAsync();
        Directory.EnumerateFileSystemEntries(_folder).Should().Equal([archive], reason);
    }

    [Fact]
    public async Task Environment_variable_has_the_same_rules()
    {
        _store.Options = _store.Options with { Folder = null };
        _store.Sources = _store.Sources with { FolderFromEnvironment = _folder };
        (await _store.FailAsync()).Should().Contain($"'{_folder}' (CIFAR10_DIR): it holds none of the CIFAR-10 files.");
        _store.Fake.WriteFiles(_folder);
        await _store.LoadAndCheckAsync();
    }

    [Fact]
    public async Task The_option_goes_before_the_environment_variable()
    {
        _store.Fake.WriteFiles(_folder);
        _store.Sources = _store.Sources with { FolderFromEnvironment = _store.Folder("nowhere") };
        await _store.LoadAndCheckAsync();
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_refused_though_the_cache_has_the_data()
    {
        _store.Fake.WriteFiles(_store.Records);
        _store.Options = _store.Options with { Folder = _store.Folder("nowhere") };
        (await _store.FailAsync()).Should().Contain("nowhere' (the data folder): it does not exist. Give a folder with the six .bin files");
    }

    [Fact]
    public async Task An_empty_folder_is_refused_and_stays_empty()
    {
        (await _store.FailAsync()).Should().Contain("it holds none of the CIFAR-10 files.");
        Directory.EnumerateFileSystemEntries(_folder).Should().BeEmpty();
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        _store.Fake.WriteFiles(_folder);
        File.Delete(Path.Combine(_folder, "data_batch_3.bin"));
        (await _store.FailAsync()).Should().Contain("data_batch_3.bin' is missing (61,460 bytes expected).");
    }

    [Theory]
    [InlineData(61_459, "truncated", "one byte short")]
    [InlineData(0, "truncated", "empty")]
    [InlineData(61_461, "too long", "one byte more")]
    public async Task A_file_of_another_length_is_named(int length, string verdict, string reason)
    {
        _store.Fake.WriteFiles(_folder);
        using (var file = File.OpenWrite(Path.Combine(_folder, "test_batch.bin")))
        {
            file.SetLength(length);
        }

        (await _store.FailAsync()).Should().Contain($"test_batch.bin' has {length:N0} bytes; a CIFAR-10 file has 61,460: it is {verdict}.", reason);
    }

    [Theory]
    [InlineData(0, "the first label")]
    [InlineData(30_000, "a pixel")]
    [InlineData(61_459, "the last byte")]
    public async Task A_flipped_bit_is_refused(int offset, string reason)
    {
        _store.Fake.WriteFiles(_folder);
        var bytes = (byte[])_store.Fake.Files[1].Clone();
        bytes[offset] ^= 0x10;
        File.WriteAllBytes(Path.Combine(_folder, "data_batch_2.bin"), bytes);
        (await _store.FailAsync()).Should().Contain(
            $"data_batch_2.bin' has SHA-256 {FakeCifar.Sum(bytes)}; {FakeCifar.Sum(_store.Fake.Files[1])} expected: it is damaged", reason);
    }

    [Fact]
    public async Task Swapped_files_are_recognised()
    {
        _store.Fake.WriteFiles(_folder);
        File.WriteAllBytes(Path.Combine(_folder, "data_batch_4.bin"), _store.Fake.Files[4]);
        (await _store.FailAsync()).Should().Contain("data_batch_4.bin").And.Contain("it is data_batch_5.bin under another name.");
    }

    [Fact]
    public async Task The_first_of_several_bad_files_is_reported()
    {
        _store.Fake.WriteFiles(_folder);
        foreach (var name in FakeCifar.Names[2..])
        {
            File.Delete(Path.Combine(_folder, name));
        }

        (await _store.FailAsync()).Should().Contain("data_batch_3.bin").And.NotContain("data_batch_4.bin");
    }

    [Fact]
    public async Task A_damaged_archive_is_refused()
    {
        File.WriteAllBytes(Path.Combine(_folder, "cifar-10-binary.tar.gz"), _store.Fake.Archive[..^1]);
        (await _store.FailAsync()).Should().Contain("is not the official archive: its SHA-256 is");
    }

    [Fact]
    public async Task Messages_are_one_line()
    {
        _store.Fake.WriteFiles(_folder);
        File.WriteAllBytes(Path.Combine(_folder, "test_batch.bin"), new byte[61_460]);
        (await _store.FailAsync()).Should().NotContain("\n");
    }

    public void Dispose() => _store.Dispose();
}
