using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

[Collection(TorchCollection.Name)]
public sealed class ImageFolderDatasetTests : IDisposable
{
    private readonly Samples.TemporaryFolder folder = new();

    [Fact]
    public void Classes_are_the_subfolders_and_images_their_files_in_ordinal_order()
    {
        Plain("zebra/b.ppm", 40);
        Plain("zebra/a.ppm", 30);
        Plain("Ant/10.ppm", 10);
        Plain("Ant/9.ppm", 20);
        Plain("bee/x", 25);
        using var data = ImageFolderDataset.Load(folder.Path, 4);

        data.ClassNames.Should().Equal("Ant", "bee", "zebra");
        data.Files.Select(path => Path.GetRelativePath(folder.Path, path)).Should().Equal("Ant/10.ppm", "Ant/9.ppm", "bee/x", "zebra/a.ppm", "zebra/b.ppm");
        data.Count.Should().Be(5);
        data.Labels.data<long>().ToArray().Should().Equal(0, 0, 1, 2, 2);
        data.Images.shape.Should().Equal(5, 3, 4, 4);
        Values(data).Should().Equal(10, 20, 25, 30, 40);
    }

    [Fact]
    public void Hidden_files_system_files_and_files_beside_the_classes_are_passed_over()
    {
        Plain("a/x.ppm", 1);
        foreach (var name in new[] { "a/.DS_Store", "a/Thumbs.db", "a/desktop.ini", ".git/config", "README.md" })
        {
            Write(name, "no image"u8.ToArray());
        }

        using var data = ImageFolderDataset.Load(folder.Path, 4);
        data.ClassNames.Should().Equal("a");
        data.Count.Should().Be(1);
    }

    [Fact]
    public void Images_of_other_proportions_are_cropped_or_stretched()
    {
        // Three squares side by side: 0, 100, 200.
        Write("a/x.ppm", [.. "P6 12 4 255\n"u8, .. Enumerable.Range(0, 48).SelectMany(i => Enumerable.Repeat((byte)(i % 12 / 4 * 100), 3))]);

        using var cropped = ImageFolderDataset.Load(folder.Path, 4);
        cropped.Images.bytes.ToArray().Should().OnlyContain(value => value == 100, "the middle is cut out");
        using var stretched = ImageFolderDataset.Load(folder.Path, 3, new() { Fit = ImageFit.Stretch });
        // A triangle of 4 columns to each side: 2·(1/8 + 3/8 + 5/8 + 7/8) of weight, of which (1 + 3)/8 lies over the border.
        stretched.Images.bytes.ToArray()[..3].Should().Equal((byte)Math.Round(100 * 0.5 / 3.5), 100, (byte)Math.Round(200 - (100 * 0.5 / 3.5)));
        using var wide = ImageFolderDataset.Load(folder.Path, 6, new() { Height = 2 });
        wide.Images.shape.Should().Equal(1, 3, 2, 6);
    }

    [Fact]
    public void Every_format_may_stand_beside_every_other()
    {
        var fixtures = ImageFixtures.All.Decoded.Where(fixture => !fixture.Name.StartsWith("jpeg", StringComparison.Ordinal)).ToList();
        foreach (var fixture in fixtures)
        {
            Write($"all/{fixture.Name}", fixture.File);
        }

        var progress = new Counter();
        using var data = ImageFolderDataset.Load(folder.Path, 8, progress: progress);
        data.Count.Should().Be(fixtures.Count);
        progress.Reports.Should().Be(fixtures.Count);
        for (var i = 0; i < fixtures.Count; i++)
        {
            using var alone = ImageFile.Read(data.Files[i], 8);
            using var row = data.Images.select(0, i);
            row.bytes.SequenceEqual(alone.bytes).Should().BeTrue(data.Files[i]);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named_and_the_same_one_every_time()
    {
        for (var i = 0; i < 40; i++)
        {
            Plain($"a/{i:00}.ppm", 1);
        }

        Write("a/07.ppm", "GIF89a..."u8.ToArray());
        Write("a/31.ppm", "nothing"u8.ToArray());
        for (var round = 0; round < 5; round++)
        {
            Refusal().Should().StartWith($"'{Path.Combine(folder.Path, "a", "07.ppm")}' cannot be read: it is a GIF; ").And.Contain("SkipDamaged");
        }
    }

    [Fact]
    public void Damaged_files_are_passed_over_where_that_is_allowed_and_each_is_told()
    {
        Plain("a/1.ppm", 1);
        Write("a/2.ppm", [1, 2, 3]);
        Plain("b/1.ppm", 3);
        Write("b/0.ppm", []);
        var log = new LogLines();

        using var data = ImageFolderDataset.Load(folder.Path, 4, new() { SkipDamaged = true }, logger: log);

        Values(data).Should().Equal(1, 3);
        data.Labels.data<long>().ToArray().Should().Equal(0, 1);
        data.Files.Select(path => Path.GetFileName(path)).Should().Equal("1.ppm", "1.ppm");
        log.Lines.Should().HaveCount(2).And.OnlyContain(line => line.StartsWith("Warning: Passed over: '"));
    }

    [Fact]
    public void A_class_of_which_nothing_can_be_read_is_refused()
    {
        Plain("a/1.ppm", 1);
        Write("b/1.ppm", [1]);
        Refusal(new() { SkipDamaged = true }).Should().Contain("no file of class 'b' can be read.");
    }

    [Fact]
    public void A_folder_that_is_none_is_refused_with_the_reason()
    {
        Refusal().Should().Contain("it has no subfolders; one for each class is expected");
        Directory.CreateDirectory(folder["empty"]);
        Plain("full/x.ppm", 1);
        Refusal().Should().Contain("there are no images in 'empty'; every subfolder is a class.");
        Refusal(path: folder["full/x.ppm"]).Should().Contain("it is a file.");
        Refusal(path: folder["missing"]).Should().Contain("it does not exist.");
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Cancelling_stops_it_and_nothing_leaks()
    {
        Plain("a/1.ppm", 1);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        LiveTensors.Settle();
        var before = Tensor.TotalCount;
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 4, cancellationToken: cancel.Token)).Should().Throw<OperationCanceledException>();
        ImageFolderDataset.Load(folder.Path, 4).Dispose();
        Tensor.TotalCount.Should().Be(before);
    }

    public void Dispose() => folder.Dispose();

    private static byte[] Values(ImageFolderDataset data) => [.. data.Images.bytes.ToArray().Chunk(3 * 16).Select(image => image.Distinct().Single())];

    private string Refusal(ImageFolderOptions? options = null, string? path = null)
    {
        var load = () => ImageFolderDataset.Load(path ?? folder.Path, 4, options);
        var message = load.Should().Throw<DatasetException>().Which.Message;
        message.Should().NotContain("\n");
        return message;
    }

    private void Plain(string name, byte value) => Write(name, [.. "P6 5 5 255\n"u8, .. Enumerable.Repeat(value, 75)]);

    private void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllBytes(folder[name], bytes);
    }

    private sealed class Counter : IProgress<ImageFolderProgress>
    {
        private int reports;

        public int Reports => reports;

        public void Report(ImageFolderProgress value) => Interlocked.Increment(ref reports);
    }
}
