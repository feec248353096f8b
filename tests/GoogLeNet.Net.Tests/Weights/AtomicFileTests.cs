using FluentAssertions;
using Xunit;

namespace Inception.Tests.Weights;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("atomic-file-").FullName;

    private string Target => Path.Combine(folder, "last.safetensors");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_old_file_is_whole_until_the_new_one_is()
    {
        File.WriteAllText(Target, "old");

        AtomicFile.Write(Target, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            File.ReadAllText(Target).Should().Be("old");
        });

        File.ReadAllText(Target).Should().Be("new");
        Directory.GetFiles(folder).Should().Equal(Target);
    }

    [Fact]
    public void A_failure_in_the_middle_keeps_the_old_file_and_leaves_nothing_else()
    {
        File.WriteAllText(Target, "old");

        FluentActions.Invoking(() => AtomicFile.Write(Target, stream =>
        {
            stream.Write("ne"u8);
            throw new IOException("No space left on device");
        })).Should().Throw<IOException>().WithMessage("No space left on device");

        File.ReadAllText(Target).Should().Be("old");
        Directory.GetFiles(folder).Should().Equal(Target);
    }

    [Fact]
    public void A_target_that_is_a_folder_is_refused_and_leaves_nothing()
    {
        Directory.CreateDirectory(Target);

        FluentActions.Invoking(() => AtomicFile.Write(Target, stream => stream.Write("new"u8))).Should().Throw<Exception>()
            .Which.Should().Match(error => error is IOException || error is UnauthorizedAccessException);

        Directory.GetFileSystemEntries(folder).Should().Equal(Target);
    }

    [LinuxFact]
    public void A_link_stays_a_link_and_what_it_points_to_is_written()
    {
        string elsewhere = Path.Combine(folder, "elsewhere", "real");
        Directory.CreateDirectory(Path.GetDirectoryName(elsewhere)!);
        File.WriteAllText(elsewhere, "old");
        File.CreateSymbolicLink(Path.Combine(folder, "second"), "elsewhere/real");
        File.CreateSymbolicLink(Target, "second");

        AtomicFile.Write(Target, "new");

        File.ReadAllText(elsewhere).Should().Be("new");
        new FileInfo(Target).LinkTarget.Should().Be("second");
        Directory.GetFiles(Path.GetDirectoryName(elsewhere)!).Should().Equal(elsewhere);
    }

    [LinuxFact]
    public void A_link_to_nothing_makes_the_file_that_it_names()
    {
        File.CreateSymbolicLink(Target, "later");

        AtomicFile.Write(Target, "new");

        File.ReadAllText(Path.Combine(folder, "later")).Should().Be("new");
        new FileInfo(Target).LinkTarget.Should().Be("later");
    }

    [LinuxTheory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite)]
    public void A_file_keeps_its_permissions(UnixFileMode mode)
    {
        File.WriteAllText(Target, "old");
#pragma warning disable CA1416 // Skipped elsewhere.
        File.SetUnixFileMode(Target, mode);

        AtomicFile.Write(Target, "new");

        File.GetUnixFileMode(Target).Should().Be(mode);
#pragma warning restore CA1416
    }

    [Fact]
    public void A_neighbour_with_the_name_of_a_temporary_file_stays()
    {
        string[] neighbours = [$"{Target}.tmp", $"{Target}.mine.tmp", $"{Target}.backup-of-may.tmp"];
        Array.ForEach(neighbours, path => File.WriteAllText(path, "mine"));

        AtomicFile.Write(Target, "new");
        AtomicFile.DeleteLeftovers(folder, ".safetensors");

        neighbours.Select(File.ReadAllText).Should().AllBe("mine");
    }

    [Fact]
    public void What_a_killed_process_left_is_deleted()
    {
        string leftover = $"{Target}.{Path.GetRandomFileName()}.tmp";
        File.WriteAllText(leftover, "half");

        AtomicFile.DeleteLeftovers(folder, ".safetensors");

        File.Exists(leftover).Should().BeFalse();
    }

    [LinuxFact]
    public async Task A_pipe_is_written_to_and_stays()
    {
        using var made = System.Diagnostics.Process.Start("mkfifo", Target);
        await made.WaitForExitAsync();
        var read = Task.Run(() => File.ReadAllText(Target));

        AtomicFile.Write(Target, "new");

        (await read.WaitAsync(TimeSpan.FromSeconds(30))).Should().Be("new");
        Directory.GetFileSystemEntries(folder).Should().Equal(Target);
    }

    [LinuxFact]
    public void A_device_is_written_to_and_stays()
    {
        AtomicFile.Write("/dev/null", "new");
        FluentActions.Invoking(() => AtomicFile.Write("/dev/full", "new")).Should().Throw<IOException>("that device is always full");

        File.Exists("/dev/null").Should().BeTrue();
        new FileInfo("/dev/null").Length.Should().Be(0);
        Directory.GetFiles("/dev", "*.tmp").Should().BeEmpty();
    }

    [Theory]
    [InlineData("missing", "the folder does not exist")]
    [InlineData("file", "the folder is a file")]
    public void A_folder_that_cannot_be_written_to_is_an_io_error(string parent, string because)
    {
        File.WriteAllText(Path.Combine(folder, "file"), "old");
        SafeTensor tensor = new("w", SafeTensorsType.U8, [1], new byte[1]);

        FluentActions.Invoking(() => SafeTensorsFile.Write(Path.Combine(folder, parent, "x"), new Dictionary<string, string>(), [tensor]))
            .Should().Throw<IOException>(because);

        Directory.GetFileSystemEntries(folder).Should().ContainSingle();
        File.ReadAllText(Path.Combine(folder, "file")).Should().Be("old");
    }

    [Fact]
    public void A_file_on_the_disk_is_replaced_and_read_again()
    {
        foreach (byte value in new byte[] { 1, 2 })
        {
            SafeTensorsFile.Write(Target, new Dictionary<string, string>(), [new("w", SafeTensorsType.U8, [1], new[] { value })]);
        }

        SafeTensorsFile.Read(Target).Tensors["w"].Data.ToArray().Should().Equal(2);
        FluentActions.Invoking(() => SafeTensorsFile.Read(Path.Combine(folder, "none"))).Should().Throw<FileNotFoundException>();
    }
}
