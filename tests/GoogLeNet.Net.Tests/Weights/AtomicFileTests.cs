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
