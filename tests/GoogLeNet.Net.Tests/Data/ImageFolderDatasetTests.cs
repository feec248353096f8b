using FluentAssertions;
using Inception.Data;
using Inception.Tests.Torch;
using Xunit;
using static Inception.Tests.Data.PictureFolder;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

[Collection(TorchCollection.Name)]
public sealed class ImageFolderDatasetTests : IDisposable
{
    private readonly PictureFolder folder = new();

    [Fact]
    public void Classes_are_the_subfolders_and_images_their_files_in_ordinal_order()
    {
        folder.Plain("zebra/b.png", 40);
        folder.Plain("zebra/a.png", 30);
        folder.Plain("Ant/10.png", 10);
        folder.Plain("Ant/9.png", 20);
        folder.Plain("bee/x", 25);
        using var data = ImageFolderDataset.Load(folder.Path, 4);

        data.ClassNames.Should().Equal("Ant", "bee", "zebra");
        data.Files.Select(path => Path.GetRelativePath(folder.Path, path)).Should().Equal("Ant/10.png", "Ant/9.png", "bee/x", "zebra/a.png", "zebra/b.png");
        data.Count.Should().Be(5);
        data.Labels.data<long>().ToArray().Should().Equal(0, 0, 1, 2, 2);
        Pixels(data).shape.Should().Equal(5, 3, 4, 4);
        Colors(data).Should().Equal(10, 20, 25, 30, 40);
    }

    [Fact]
    public void Hidden_files_system_files_and_files_beside_the_classes_are_passed_over()
    {
        folder.Plain("a/x.png", 1);
        foreach (var name in new[] { "a/.DS_Store", "a/Thumbs.db", "a/desktop.ini", ".git/config", ".ipynb_checkpoints/x.png", "__MACOSX/a/._x.png", "a/._x.png", "a/@eaDir/x.png", "README.md" })
        {
            folder.Write(name, "no image"u8.ToArray());
        }

        using var data = ImageFolderDataset.Load(folder.Path, 4);
        data.ClassNames.Should().Equal("a");
        data.Count.Should().Be(1);
    }

    [Fact]
    public void Deeper_folders_belong_to_their_class_but_not_links_to_folders()
    {
        folder.Plain("cat/b.png", 2);
        folder.Plain("cat/a/z/1.png", 1);
        folder.Plain("cat/c/1.png", 3);
        folder.Plain("cat/.hidden/1.png", 4);
        folder.Plain("dog/only/below/1.png", 5);
        folder.Plain("other/1.png", 6);
        Directory.CreateSymbolicLink(folder["cat/circle"], folder["cat"]);
        Directory.CreateSymbolicLink(folder["linked"], folder["other"]);

        using var data = ImageFolderDataset.Load(folder.Path, 4);

        data.ClassNames.Should().Equal("cat", "dog", "linked", "other");
        data.Labels.data<long>().ToArray().Should().Equal(0, 0, 0, 1, 2, 3);
        Colors(data).Should().Equal(1, 2, 3, 5, 6, 6);
    }

    [Fact]
    public void Given_classes_have_their_numbers_though_a_folder_lacks_some_of_them()
    {
        folder.Plain("dog/1.png", 1);
        folder.Plain("cat/1.png", 2);
        Directory.CreateDirectory(folder["empty"]);

        using var data = ImageFolderDataset.Load(folder.Path, 4, new() { ClassNames = ["dog", "bird", "empty", "cat"] });

        data.ClassNames.Should().Equal("dog", "bird", "empty", "cat");
        data.Labels.data<long>().ToArray().Should().Equal(0, 3);
        Colors(data).Should().Equal(1, 2);
        Refusal(new() { ClassNames = ["cat", "empty"] }).Should().Contain("'dog' is none of the given classes, which are 'cat', 'empty'.");
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 4, new() { ClassNames = [] })).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 4, new() { ClassNames = ["cat", "cat"] })).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Of_given_classes_one_at_least_has_a_picture()
    {
        Directory.CreateDirectory(folder["cat"]);
        Refusal(new() { ClassNames = ["cat", "dog"] }).Should().Contain("there are no images in 'cat', 'dog'");
        folder.Write("cat/1.png", [1]);
        Refusal(new() { ClassNames = ["cat", "dog"], SkipDamaged = true }).Should().Contain("no file of class 'cat', 'dog' can be read.");
    }

    [Fact]
    public void Gray_images_have_one_channel()
    {
        folder.Plain("a/1.png", 77);
        using var data = ImageFolderDataset.Load(folder.Path, 4, new() { Channels = 1, Height = 3 });
        Pixels(data).shape.Should().Equal(1, 1, 3, 4);
        Pixels(data).bytes.ToArray().Should().OnlyContain(value => value == 77);
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 4, new() { Channels = 2 })).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void It_is_split_taken_from_and_sent_as_any_data_set()
    {
        for (var i = 0; i < 10; i++)
        {
            folder.Plain($"{(i % 2 == 0 ? "a" : "b")}/{i}.png", (byte)i);
        }

        using var data = ImageFolderDataset.Load(folder.Path, 4);
        using var parts = data.Split(0.2, seed: 1);
        using var few = data.TakeStratified(4, seed: 1);
        using var there = data.To(CPU);

        (parts.Train.Count, parts.Validation.Count, few.Count, there.Count).Should().Be((8, 2, 4, 10));
    }

    [Fact]
    public void A_folder_without_permission_is_said_to_be_one()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        folder.Plain("in/a/1.png", 1);
        File.SetUnixFileMode(folder["in/a"], UnixFileMode.None);
        try
        {
            OtherUser.Run(() => Refusal(path: folder["in"])).Should().EndWith("cannot be used: permission denied.");
            File.SetUnixFileMode(folder["in"], UnixFileMode.None);
            OtherUser.Run(() => Refusal(path: folder["in"])).Should().EndWith("cannot be used: permission denied.");
            OtherUser.Run(() => Refusal(path: folder["in/a"])).Should().EndWith("cannot be used: permission denied.");
        }
        finally
        {
            File.SetUnixFileMode(folder["in"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.SetUnixFileMode(folder["in/a"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void Images_of_other_proportions_are_cropped_or_stretched()
    {
        // Three squares side by side: 0, 100, 200.
        folder.Write("a/x.png", new PngEncoder().Encode(12, 4, (x, _, _) => (byte)(x / 4 * 100)));

        using var cropped = ImageFolderDataset.Load(folder.Path, 4);
        Pixels(cropped).bytes.ToArray().Should().OnlyContain(value => value == 100, "the middle is cut out");
        using var stretched = ImageFolderDataset.Load(folder.Path, 3, new() { Fit = ImageFit.Stretch });
        // A triangle of 4 columns to each side: 2·(1/8 + 3/8 + 5/8 + 7/8) of weight, of which (1 + 3)/8 lies over the border.
        Pixels(stretched).bytes.ToArray()[..3].Should().Equal((byte)Math.Round(100 * 0.5 / 3.5), 100, (byte)Math.Round(200 - (100 * 0.5 / 3.5)));
        using var wide = ImageFolderDataset.Load(folder.Path, 6, new() { Height = 2 });
        Pixels(wide).shape.Should().Equal(1, 3, 2, 6);
    }

    [Fact]
    public void Every_format_may_stand_beside_every_other()
    {
        var fixtures = ImageFixtures.All.Decoded;
        foreach (var fixture in fixtures)
        {
            folder.Write($"all/{fixture.Name.Replace('/', '_')}", fixture.File);
        }

        var progress = new Counter();
        using var data = ImageFolderDataset.Load(folder.Path, 8, progress: progress);
        data.Count.Should().Be(fixtures.Count);
        progress.Reports.Should().Be(fixtures.Count);
        for (var i = 0; i < fixtures.Count; i++)
        {
            using var alone = ImageFile.Read(data.Files[i], 8);
            using var row = Pixels(data).select(0, i);
            row.bytes.SequenceEqual(alone.bytes).Should().BeTrue(data.Files[i]);
        }
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named_and_the_same_one_every_time()
    {
        for (var i = 0; i < 40; i++)
        {
            folder.Plain($"a/{i:00}.png", 1);
        }

        folder.Write("a/07.png", "P6 1 1 255 abc"u8.ToArray());
        folder.Write("a/31.png", "nothing"u8.ToArray());
        for (var round = 0; round < 5; round++)
        {
            Refusal().Should().StartWith($"'{Path.Combine(folder.Path, "a", "07.png")}' cannot be read: it is a PNM; ").And.Contain("SkipDamaged");
        }
    }

    [Fact]
    public void Damaged_files_are_passed_over_where_that_is_allowed_and_each_is_told()
    {
        folder.Plain("a/1.png", 1);
        folder.Write("a/2.png", [1, 2, 3]);
        folder.Plain("b/1.png", 3);
        folder.Write("b/0.png", []);
        var log = new LogLines();

        using var data = ImageFolderDataset.Load(folder.Path, 4, new() { SkipDamaged = true }, logger: log);

        Colors(data).Should().Equal(1, 3);
        data.Labels.data<long>().ToArray().Should().Equal(0, 1);
        data.Files.Select(path => Path.GetFileName(path)).Should().Equal("1.png", "1.png");
        log.Lines.Should().HaveCount(2).And.OnlyContain(line => line.StartsWith("Warning: Passed over: '"));
    }

    [Fact]
    public void A_class_of_which_nothing_can_be_read_is_refused()
    {
        folder.Plain("a/1.png", 1);
        folder.Write("b/1.png", [1]);
        Refusal(new() { SkipDamaged = true }).Should().Contain("no file of class 'b' can be read.");
    }

    [Fact]
    public void A_folder_that_is_none_is_refused_with_the_reason()
    {
        Refusal().Should().Contain("it has no subfolders; one for each class is expected");
        Directory.CreateDirectory(folder["empty"]);
        folder.Plain("full/x.png", 1);
        Refusal().Should().Contain("there are no images in 'empty'; every subfolder is a class. Fill it, delete it, or set ImageFolderOptions.ClassNames");
        Refusal(path: folder["full/x.png"]).Should().Contain("it is a file.");
        Refusal(path: folder["missing"]).Should().Contain("it does not exist.");
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Theory]
    [InlineData("train", "val")]
    [InlineData("Training", "TEST")]
    [InlineData("validation", "validation")]
    public void The_parts_of_a_data_set_are_not_taken_for_classes(string first, string second)
    {
        folder.Plain($"{first}/cat/1.png", 1);
        folder.Plain($"{second}/dog/1.png", 2);

        Refusal().Should().Contain("are parts of a data set and no classes. Load each of them by itself, as '");
        using var given = ImageFolderDataset.Load(folder.Path, 4, new() { ClassNames = [.. new[] { first, second }.Distinct()] });
        given.Count.Should().Be(2);
        folder.Plain($"{first}/2.png", 3);
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 4).Dispose()).Should().NotThrow("pictures lie in it, so it is a class");
    }

    [Fact]
    public void Cancelling_stops_it_and_nothing_leaks()
    {
        folder.Plain("a/1.png", 1);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        LiveTensors.Settle();
        var before = Tensor.TotalCount;
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 4, cancellationToken: cancel.Token)).Should().Throw<OperationCanceledException>();
        ImageFolderDataset.Load(folder.Path, 4).Dispose();
        Tensor.TotalCount.Should().Be(before);
    }

    public void Dispose() => folder.Dispose();

    private static Tensor Pixels(ImageFolderDataset data) => data.Read(All(data));

    private string Refusal(ImageFolderOptions? options = null, string? path = null)
    {
        var load = () => ImageFolderDataset.Load(path ?? folder.Path, 4, options);
        var message = load.Should().Throw<DatasetException>().Which.Message;
        message.Should().NotContain("\n");
        return message;
    }

    private sealed class Counter : IProgress<ImageProgress>
    {
        private int reports;

        public int Reports => reports;

        public void Report(ImageProgress value) => Interlocked.Increment(ref reports);
    }
}
