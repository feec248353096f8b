using FluentAssertions;
using Inception.Data;
using Xunit;
using static Inception.Tests.Data.PictureFolder;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

/// <summary>Pictures that turn out to be damaged, or gone, when they are read.</summary>
[Collection(TorchCollection.Name)]
public sealed class StreamedDamageTests : IDisposable
{
    private static readonly ImageFolderOptions Streamed = new() { MemoryBudget = 0 };

    private readonly PictureFolder folder = new();

    [Fact]
    public void A_damaged_picture_is_refused_when_it_is_read_and_always_the_same_one()
    {
        for (var i = 0; i < 20; i++)
        {
            folder.Plain($"a/{i:00}.png", 1);
        }

        folder.Write("a/07.png", "nothing"u8.ToArray());
        folder.Write("a/13.png", []);
        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed);
        Colors(data, 0, 1).Should().Equal(1, 1);
        for (var round = 0; round < 5; round++)
        {
            Refusal(data).Should().StartWith($"'{folder["a/07.png"]}' cannot be read: ").And.EndWith("Remove or replace the file, or set ImageFolderOptions.SkipDamaged to go on without it.");
        }

        FluentActions.Invoking(() => new BatchLoader(data, 20, [new RandomResizedCrop(4), new ScaleToUnit()], CPU).Epoch(0).Count()).Should().Throw<DatasetException>().WithMessage("*.png' cannot be read: *");
    }

    [Fact]
    public void The_next_of_its_class_stands_in_for_a_damaged_picture_and_it_is_told_once()
    {
        folder.Plain("a/1.png", 1);
        folder.Write("a/2.png", [1, 2, 3]);
        folder.Write("a/3.png", []);
        folder.Plain("b/1.png", 4);
        folder.Write("b/2.png", [7]);
        var log = new LogLines();
        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed with { SkipDamaged = true }, logger: log);

        (data.Count, data.Skipped).Should().Be((5, 0));
        Colors(data, 4, 2, 1, 0).Should().Equal(4, 1, 1, 1);
        Colors(data).Should().Equal(1, 1, 1, 4, 4);
        using var crops = data.ReadCrops([1], new RandomResizedCrop(4), new BatchContext(3, 1, [0]));
        Bytes(crops).Should().OnlyContain(value => value == 1);
        data.Skipped.Should().Be(3);
        log.Lines.Should().HaveCount(3).And.OnlyContain(line => line.StartsWith("Warning: Passed over: '"));
    }

    [Fact]
    public void What_stands_in_is_of_the_same_part()
    {
        for (var i = 0; i < 12; i++)
        {
            folder.Plain($"a/{i:00}.png", (byte)i);
        }

        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed with { SkipDamaged = true });
        using var parts = data.Split(4, seed: 3);
        var own = Colors(parts.Validation);
        File.WriteAllText(parts.Validation.Files[1], "nothing");

        Colors(parts.Validation).Should().Equal(own[0], own[2], own[2], own[3]);
        (data.Skipped, parts.Train.Skipped).Should().Be((1, 1));
        foreach (var file in parts.Validation.Files)
        {
            File.Delete(file);
        }

        Refusal(parts.Validation).Should().Be($"The image folder '{folder.Path}' cannot be used: no file of class 'a' can be read.");
    }

    [Fact]
    public void A_file_that_is_gone_and_a_link_to_nothing_are_named()
    {
        folder.Plain("a/1.png", 1);
        folder.Plain("a/2.png", 2);
        File.CreateSymbolicLink(folder["a/3.png"], "../away.png");
        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed);
        File.Delete(folder["a/2.png"]);

        Refusal(data, 1).Should().StartWith($"'{folder["a/2.png"]}' cannot be read: it does not exist. Remove");
        Refusal(data, 2).Should().StartWith($"'{folder["a/3.png"]}' cannot be read: it is a link to '../away.png', which does not exist. Remove");
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 4)).Should().Throw<DatasetException>().WithMessage("*it is a link to '../away.png', which does not exist.*");
    }

    public void Dispose() => folder.Dispose();

    private static string Refusal(ImageFolderDataset data, params long[] indices)
    {
        var message = data.Invoking(d => d.Read(indices is [] ? All(d) : indices)).Should().Throw<DatasetException>().Which.Message;
        message.Should().NotContain("\n");
        return message;
    }
}
