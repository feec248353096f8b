using System.IO.Compression;
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
    [InlineData(1, "the first pixel")]
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

    public static TheoryData<int, string> DamagesOfEveryFile()
    {
        var rows = new TheoryData<int, string>();
        foreach (var file in Enumerable.Range(0, 6))
        {
            foreach (var damage in BadFile.Kinds)
            {
                rows.Add(file, damage);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(DamagesOfEveryFile))]
    public async Task Every_file_is_checked_and_the_message_says_what_is_wrong_and_what_to_do(int file, string damage)
    {
        _store.Fake.WriteFiles(_folder);
        var expected = BadFile.Make(_store.Fake, _folder, file, damage);
        (await _store.FailAsync()).Should().Contain($"{FakeCifar.Names[file]}'").And.Contain(expected).And.NotContain("\n")
            .And.EndWith("Give a folder with the six .bin files of CIFAR-10 or with cifar-10-binary.tar.gz; or give none, and the data is downloaded.");
    }

    [Theory]
    [MemberData(nameof(DamagesOfEveryFile))]
    public async Task The_same_damage_in_the_cache_is_repaired(int file, string damage)
    {
        _store.Options = _store.Options with { Folder = null };
        _store.Fake.WriteFiles(_store.Records);
        var expected = BadFile.Make(_store.Fake, _store.Records, file, damage);
        using var server = _store.Serve((_, from) => LoopbackServer.Serve(_store.Fake.Archive, from));

        await _store.LoadAndCheckAsync();

        _store.Log.Lines.Should().ContainSingle(line => line.StartsWith("Warning: The CIFAR-10 cache is damaged", StringComparison.Ordinal))
            .Which.Should().Contain(FakeCifar.Names[file]).And.Contain(expected);
        _store.CacheShouldBe(complete: true);
    }

    [Fact]
    public async Task A_pipe_or_a_device_is_refused_and_not_waited_for()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        _store.Fake.WriteFiles(_folder);
        var pipe = Path.Combine(_folder, "data_batch_2.bin");
        File.Delete(pipe);
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe))
        {
            made.WaitForExit();
        }

        (await _store.FailAsync()).Should().Contain("data_batch_2.bin' has 0 bytes");
        _store.Options = _store.Options with { Folder = "/dev/zero" };
        (await _store.FailAsync()).Should().Contain("'/dev/zero' has 0 bytes.");
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
        var archive = Path.Combine(_folder, "cifar-10-binary.tar.gz");
        File.WriteAllBytes(archive, _store.Fake.Archive[..^2000]);
        (await _store.FailAsync()).Should().Contain("test_batch.bin' ends before record");
        byte[] other = (byte[])_store.Fake.Files[5].Clone();
        other[100] ^= 1;
        File.WriteAllBytes(archive, FakeCifar.Tar([.. FakeCifar.Names.Select((name, i) => FakeCifar.File(name, i == 5 ? other : _store.Fake.Files[i]))]));
        (await _store.FailAsync()).Should().Contain($"test_batch.bin' has SHA-256 {FakeCifar.Sum(other)}");
    }

    [Theory]
    [InlineData("cifar-10-batches-bin/")]
    [InlineData("./cifar-10-batches-bin/")]
    [InlineData("")]
    [InlineData("./")]
    public async Task An_archive_that_was_packed_anew_is_read(string below)
    {
        File.WriteAllBytes(Path.Combine(_folder, "cifar-10-binary.tar.gz"), FakeCifar.Tar([.. FakeCifar.Names.Select((name, i) => FakeCifar.File(below + name, _store.Fake.Files[i])).Reverse()]));
        await _store.LoadAndCheckAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_archive_that_was_decompressed_is_read(bool fileItself)
    {
        var archive = Path.Combine(_folder, "cifar-10-binary.tar");
        using (var gzip = new GZipStream(new MemoryStream(_store.Fake.Archive), CompressionMode.Decompress))
        using (var file = File.Create(archive))
        {
            gzip.CopyTo(file);
        }

        _store.Options = _store.Options with { Folder = fileItself ? archive : _folder };
        await _store.LoadAndCheckAsync();
    }

    [Theory]
    [InlineData("cifar-10-python.tar.gz")]
    [InlineData("cifar-10-batches-py")]
    [InlineData("data_batch_1")]
    public async Task The_python_version_is_refused_with_which_one_to_take(string kind)
    {
        var path = Path.Combine(_folder, kind);
        switch (kind)
        {
            case "cifar-10-python.tar.gz":
                File.WriteAllBytes(path, FakeCifar.Tar([FakeCifar.File("cifar-10-batches-py/data_batch_4", new byte[100]), FakeCifar.File("cifar-10-batches-py/batches.meta", new byte[3])]));
                _store.Options = _store.Options with { Folder = path };
                break;
            case "data_batch_1":
                File.WriteAllBytes(path, new byte[10]);
                break;
            default:
                Directory.CreateDirectory(path);
                break;
        }

        (await _store.FailAsync()).Should().Contain("the Python version").And.Contain("this library reads the binary version. Give a folder with the six .bin files").And.NotContain("\n");
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
