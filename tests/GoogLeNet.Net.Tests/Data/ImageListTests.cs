using FluentAssertions;
using Inception.Data;
using Xunit;
using static Inception.Tests.Data.PictureFolder;

namespace Inception.Tests.Data;

/// <summary>ImageNet's layout: class folders called by synset, pictures for validation in one folder with a list.</summary>
[Collection(TorchCollection.Name)]
public sealed class ImageListTests : IDisposable
{
    private const string Names = "n01440764 tench, Tinca tinca\nn02012849 crane\nn03126707 crane\nn03710721 maillot, tank suit\n";

    private readonly PictureFolder folder = new();

    [Fact]
    public void Classes_have_the_names_of_a_list_in_the_order_of_their_folders()
    {
        Text("names.txt", Names);
        folder.Plain("train/n03126707/1.png", 3);
        folder.Plain("train/n01440764/1.png", 1);
        folder.Plain("train/n02012849/1.png", 2);

        using var train = ImageFolderDataset.Load(folder["train"], 4, Named());

        train.ClassNames.Should().Equal("tench, Tinca tinca", "crane (n02012849)", "crane (n03126707)");
        Colors(train).Should().Equal(1, 2, 3);
        folder.Plain("train/n09/1.png", 4);
        using var other = ImageFolderDataset.Load(folder["train"], 4, Named());
        other.ClassNames[^1].Should().Be("n09", "it is not in the list");
    }

    [Theory]
    [InlineData("Caffe's numbers", "v 3.png 2\nv1.png 0\nv2.png 1\n\n")]
    [InlineData("synsets", "v 3.png\tn03126707\nv1.png n01440764\nv2.png n02012849\n")]
    public void A_list_names_pictures_and_their_classes(string form, string list)
    {
        Text("names.txt", Names);
        Text("val.txt", list);
        folder.Plain("val/v1.png", 1);
        folder.Plain("val/v2.png", 2);
        folder.Plain("val/v 3.png", 3);

        using var val = ImageFolderDataset.LoadList(folder["val.txt"], folder["val"], 4, Named() with { MemoryBudget = 0 });

        val.ClassNames.Should().Equal(["tench, Tinca tinca", "crane (n02012849)", "crane (n03126707)"], form);
        Colors(val).Should().Equal(3, 1, 2);
        val.Labels.Longs().Should().Equal(2, 0, 1);
        val.Files[0].Should().Be(folder["val/v 3.png"]);

        // The training set may lack classes and have another order.
        using var trained = ImageFolderDataset.LoadList(folder["val.txt"], folder["val"], 4, Named() with { ClassNames = ["crane (n03126707)", "x", "tench, Tinca tinca", "crane (n02012849)"] });
        trained.Labels.Longs().Should().Equal(0, 2, 3);
    }

    [Fact]
    public void The_solution_of_the_challenge_is_a_list_too()
    {
        Text("LOC_val_solution.csv", "ImageId,PredictionString\nILSVRC2012_val_00000002,n02012849 85 131 499 254 n01440764 1 2 3 4 \nILSVRC2012_val_00000001,n01440764 0 0 10 10 \n");
        folder.Plain("val/ILSVRC2012_val_00000001.JPEG", 1);
        folder.Plain("val/ILSVRC2012_val_00000002.JPEG", 2);

        using var val = ImageFolderDataset.LoadList(folder["LOC_val_solution.csv"], folder["val"], 4);

        val.ClassNames.Should().Equal("n01440764", "n02012849");
        val.Labels.Longs().Should().Equal(1, 0);
        Colors(val).Should().Equal(2, 1);
    }

    // 0, 134 and 517 are the classes of tench, the bird and the machine in every network that was trained on ImageNet's 1,000 classes.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pretrained_networks_know_their_classes_in_folders_and_lists_that_are_called_by_synset(bool hasNames)
    {
        Text("names.txt", Names);
        folder.Plain("val/n03126707/1.png", 3);
        folder.Plain("val/n01440764/1.png", 1);
        folder.Plain("val/n02012849/1.png", 2);
        Text("val.txt", "n03126707/1.png n03126707\nn01440764/1.png n01440764\n");
        var options = new ImageFolderOptions { ClassNames = ClassNameList.ImageNet.Names, ClassNameFile = hasNames ? folder["names.txt"] : null };

        using var folders = ImageFolderDataset.Load(folder["val"], 4, options);
        using var listed = ImageFolderDataset.LoadList(folder["val.txt"], folder["val"], 4, options);

        folders.ClassNames.Should().Equal(ClassNameList.ImageNet.Names);
        folders.Labels.Longs().Should().Equal(0, 134, 517);
        Colors(folders).Should().Equal(1, 2, 3);
        listed.Labels.Longs().Should().Equal(517, 0);
    }

    [Fact]
    public void Two_folders_of_one_class_are_refused()
    {
        folder.Plain("val/n01440764/1.png", 1);
        folder.Plain("val/tench/1.png", 1);

        var load = () => ImageFolderDataset.Load(folder["val"], 4, new() { ClassNames = ClassNameList.ImageNet.Names });

        load.Should().Throw<DatasetException>().WithMessage("*its subfolders 'n01440764', 'tench' are the same class, 'tench'. Move the images of all into one of them.");
    }

    [Fact]
    public void Numbers_stand_for_themselves_or_for_given_names()
    {
        Text("list.txt", "a/1.png 2\n2.png 0\n");
        folder.Plain("a/1.png", 1);
        folder.Plain("2.png", 2);

        using var plain = ImageFolderDataset.LoadList(folder["list.txt"], folder.Path, 4);
        plain.ClassNames.Should().Equal("0", "1", "2");
        plain.Labels.Longs().Should().Equal(2, 0);
        using var given = ImageFolderDataset.LoadList(folder["list.txt"], folder.Path, 4, new() { ClassNames = ["x", "y", "z", "w"] });
        given.ClassNames.Should().Equal("x", "y", "z", "w");
        given.Labels.Longs().Should().Equal(2, 0);
    }

    [Theory]
    [InlineData("1.png 0\nnone.png 1\n", "line 2: '*none.png' does not exist. The list's paths are below '*'; set ImageFolderOptions.SkipDamaged to go on without them.")]
    [InlineData("none.png 0\nno.png 1\n1.png 0\nnever.png 0\n", "line 1: '*none.png' does not exist, as 2 others. *")]
    [InlineData("1.png 0\n1.png 7\n", "line 2: '7' is no class; there are 'a', 'b', numbered from 0.")]
    [InlineData("1.png 0\n1.png cat\n", "line 2: 'cat' is no class; there are 'a', 'b'.")]
    [InlineData("1.png\n", "line 1: '1.png' is no file and class, such as 'ILSVRC2012_val_00000001.JPEG 65'.")]
    [InlineData("ImageId,PredictionString\nx\n", "line 2: 'x' is no picture and class, such as *")]
    [InlineData("ImageId,PredictionString\n", "it names no pictures.")]
    [InlineData("\n \n", "it is empty.")]
    public void A_list_that_is_wrong_is_refused_with_the_line(string list, string reason)
    {
        Text("list.txt", list);
        folder.Plain("1.png", 1);

        var load = () => ImageFolderDataset.LoadList(folder["list.txt"], folder.Path, 4, new() { ClassNames = ["a", "b"] });

        load.Should().Throw<DatasetException>().WithMessage($"The image list '{folder["list.txt"]}' cannot be used: {reason}").Which.Message.Should().NotContain("\n");
    }

    [Fact]
    public void Files_and_names_that_are_missing_are_told()
    {
        folder.Plain("train/a/1.png", 1);
        FluentActions.Invoking(() => ImageFolderDataset.LoadList(folder["no.txt"], folder.Path, 4)).Should().Throw<DatasetException>().WithMessage("The image list '*no.txt' cannot be used: it does not exist.");
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder["train"], 4, Named())).Should().Throw<DatasetException>().WithMessage("The list of class names '*names.txt' cannot be used: it does not exist.");
        Text("names.txt", "a b\na c\n");
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder["train"], 4, Named())).Should().Throw<DatasetException>().WithMessage("*'a' stands in it twice.");
        Text("names.txt", "a b\nc\n");
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder["train"], 4, Named())).Should().Throw<DatasetException>().WithMessage("*line 2: 'c' is no folder's name and a name to show, such as *");

        Text("list.txt", "train/a/1.png 0\nnone.png 0\n");
        using var skipping = ImageFolderDataset.LoadList(folder["list.txt"], folder.Path, 4, new() { SkipDamaged = true });
        (skipping.Count, skipping.Skipped).Should().Be((1, 1));
    }

    public void Dispose() => folder.Dispose();

    private ImageFolderOptions Named() => new() { ClassNameFile = folder["names.txt"] };

    private void Text(string name, string text) => File.WriteAllText(folder[name], text);
}
