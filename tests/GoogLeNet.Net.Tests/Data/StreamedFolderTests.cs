using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Torch;
using Inception.Tests.Training;
using Inception.Training;
using SkiaSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

/// <summary>Folders of which no picture stays in memory.</summary>
[Collection(TorchCollection.Name)]
public sealed class StreamedFolderTests : IDisposable
{
    private static readonly ImageFolderOptions Streamed = new() { MemoryBudget = 0 };

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_folder_is_held_as_long_as_its_images_fit_the_budget()
    {
        Plain("a/1.png", 1);
        Plain("a/2.png", 2);
        bool IsStreamed(long? budget)
        {
            using var data = ImageFolderDataset.Load(folder.Path, 4, new() { MemoryBudget = budget });
            return data.IsStreamed;
        }

        const int bytes = 2 * 3 * 4 * 4;
        (IsStreamed(null), IsStreamed(bytes), IsStreamed(bytes - 1), IsStreamed(0)).Should().Be((false, false, true, true));
        FluentActions.Invoking(() => new ImageFolderOptions { MemoryBudget = -1 }).Should().Throw<ArgumentOutOfRangeException>().WithMessage("MemoryBudget is -1; it must be 0 or more bytes.*");
        new ImageFolderOptions { MemoryBudget = 1 }.Should().NotBe(new ImageFolderOptions());
    }

    [Fact]
    public void What_is_streamed_equals_what_is_held_in_any_order()
    {
        WriteFixtures();
        using var held = ImageFolderDataset.Load(folder.Path, 8);
        using var streamed = ImageFolderDataset.Load(folder.Path, 8, Streamed);

        (streamed.Count, streamed.Shape, streamed.Fit).Should().Be((held.Count, held.Shape, held.Fit));
        streamed.Files.Should().Equal(held.Files);
        streamed.ClassNames.Should().Equal(held.ClassNames);
        streamed.Labels.Longs().Should().Equal(held.Labels.Longs());
        long[] indices = [.. Enumerable.Range(0, (int)held.Count).Reverse().Select(i => (long)i), 0, 0];
        Bytes(streamed.Read(indices)).Should().Equal(Bytes(held.Read(indices)));
        using var copy = streamed.To(CPU);
        Bytes(copy.Images).Should().Equal(Bytes(held.Read([.. indices.Take((int)held.Count).Reverse()])));
        foreach (var data in new[] { held, streamed })
        {
            data.Invoking(d => d.Read([held.Count])).Should().Throw<ArgumentOutOfRangeException>().WithMessage($"There is no image {held.Count}; the data set has 0 to {held.Count - 1}.*");
            data.Invoking(d => d.Read([])).Should().Throw<ArgumentException>();
        }
    }

    [Fact]
    public void Many_threads_read_at_once()
    {
        WriteFixtures();
        using var data = ImageFolderDataset.Load(folder.Path, 8, Streamed);
        long[] indices = [.. Enumerable.Range(0, (int)data.Count).Select(i => (long)i)];
        var expected = Bytes(data.Read(indices));

        Parallel.For(0, 8, _ => Bytes(data.Read(indices)).Should().Equal(expected));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void Crops_are_cut_from_the_whole_picture(int channels)
    {
        WriteFixtures();
        using var data = ImageFolderDataset.Load(folder.Path, 8, Streamed with { Channels = channels });
        var crop = new RandomResizedCrop(40); // more than half of every window, so that JPEGs are decoded whole
        var context = Context((int)data.Count);
        using var crops = data.ReadCrops(context.Samples, crop, context);

        crops.shape.Should().Equal(data.Count, channels, 40, 40);
        crops.dtype.Should().Be(ScalarType.Byte);
        for (var i = 0; i < data.Count; i++)
        {
            using var scope = NewDisposeScope();
            var whole = ImageFile.Read(data.Files[i], channels: channels);
            var expected = crop.Apply(whole.unsqueeze(0), context with { Samples = [i] }).squeeze(0);
            (crops.select(0, i).to(ScalarType.Float32) - expected).abs().max().item<float>().Should().BeLessThan(0.501f, data.Files[i]);
        }
    }

    [Fact]
    public void A_large_jpeg_is_reduced_before_it_is_cropped_and_what_is_seen_stays_the_same()
    {
        // Red rises along the rows and green along the columns, so a pixel's color is its place.
        const int width = 1600, height = 1200, size = 24;
        Jpeg("a/1.jpg", width, height, (x, y) => new SKColor((byte)(255 * y / height), (byte)(255 * x / width), 128));
        using var data = ImageFolderDataset.Load(folder.Path, 8, Streamed);
        var crop = new RandomResizedCrop(size, interpolations: [Interpolation.Area]);
        for (var epoch = 0; epoch < 20; epoch++)
        {
            var context = new BatchContext(1, epoch, [0]);
            var window = crop.Window(context, 0, height, width);
            using var image = data.ReadCrops([0], crop, context).to(ScalarType.Float32).squeeze(0);
            for (var i = 0; i < size; i += 5)
            {
                var (down, across) = (window.Top + ((i + 0.5) * window.Height / size), window.Left + ((i + 0.5) * window.Width / size));
                image[0, i, 3].item<float>().Should().BeApproximately((float)(255 * down / height), 2.5f);
                image[1, 3, i].item<float>().Should().BeApproximately((float)(255 * across / width), 2.5f);
            }
        }
    }

    [Fact]
    public void A_crop_of_ones_own_says_only_its_window()
    {
        Write("a/1.png", new PngEncoder().Encode(16, 10, (x, y, _) => (byte)((10 * y) + x)));
        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed);
        using var batch = new BatchLoader(data, 1, [new Corner(), new ScaleToUnit()], CPU).Load(0, 0);

        batch.Images.Values().Take(4).Select(value => (int)Math.Round(value * 255)).Should().Equal(84, 85, 94, 95);
        IBatchTransform asTransform = new Corner();
        using var whole = ImageFile.Read(data.Files[0]);
        asTransform.Apply(whole.unsqueeze(0), Context(1)).Values().Take(4).Should().Equal(84, 85, 94, 95);
        FluentActions.Invoking(() => data.ReadCrops([0], new Corner(beyond: 1), Context(1))).Should().Throw<InvalidOperationException>().WithMessage("Corner chose *, which is not within an image of 16×10 pixels.");
    }

    [Fact]
    public void Parts_are_chosen_as_those_of_a_folder_in_memory_and_share_its_files()
    {
        for (var i = 0; i < 30; i++)
        {
            Plain($"{"abc"[i % 3]}/{i:00}.png", (byte)i);
        }

        using var held = ImageFolderDataset.Load(folder.Path, 4);
        using var streamed = ImageFolderDataset.Load(folder.Path, 4, Streamed);
        using var heldParts = held.Split(0.2, seed: 1);
        using var parts = streamed.Split(0.2, seed: 1);
        using var few = streamed.TakeStratified(6, seed: 2);
        using var heldFew = held.TakeStratified(6, seed: 2);

        parts.Train.Files.Should().Equal(heldParts.Train.Files).And.HaveCount(24);
        parts.Validation.Files.Should().Equal(heldParts.Validation.Files);
        few.Files.Should().Equal(heldFew.Files);
        Values(parts.Validation).Should().Equal(Values(heldParts.Validation));
        parts.Train.Labels.Longs().Should().Equal(heldParts.Train.Labels.Longs());
        (parts.Train.IsStreamed, heldParts.Train.IsStreamed).Should().Be((true, false));
    }

    [Fact]
    public void A_fingerprint_tells_folders_apart_without_their_pixels()
    {
        Plain("a/1.png", 1);
        Plain("b/2.png", 2);
        string Print(string? path = null, ImageFolderOptions? options = null)
        {
            using var data = ImageFolderDataset.Load(path ?? folder.Path, 4, options ?? Streamed);
            return data.Fingerprint;
        }

        var print = Print();
        Print().Should().Be(print);
        Print(options: Streamed with { Channels = 1 }).Should().NotBe(print);
        Print(options: Streamed with { Fit = ImageFit.Stretch }).Should().NotBe(print);
        using var elsewhere = new TemporaryFolder();
        foreach (var name in new[] { "a/1.png", "b/2.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(elsewhere[name])!);
            File.Copy(folder[name], elsewhere[name]);
        }

        Print(elsewhere.Path).Should().Be(print, "a copy is the same data set");
        File.Move(elsewhere["a/1.png"], elsewhere["a/2.png"]);
        Print(elsewhere.Path).Should().NotBe(print);
        File.AppendAllText(folder["a/1.png"], "x");
        Print().Should().NotBe(print);
    }

    [Fact]
    public void A_damaged_picture_is_refused_when_it_is_read_and_always_the_same_one()
    {
        for (var i = 0; i < 20; i++)
        {
            Plain($"a/{i:00}.png", 1);
        }

        Write("a/07.png", "nothing"u8.ToArray());
        Write("a/13.png", []);
        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed);
        Values(data, 0, 1).Should().Equal(1, 1);
        for (var round = 0; round < 5; round++)
        {
            Refusal(data).Should().StartWith($"'{folder["a/07.png"]}' cannot be read: ").And.EndWith("Remove or replace the file, or set ImageFolderOptions.SkipDamaged to go on without it.");
        }

        FluentActions.Invoking(() => new BatchLoader(data, 20, [new RandomResizedCrop(4), new ScaleToUnit()], CPU).Epoch(0).Count()).Should().Throw<DatasetException>().WithMessage("*.png' cannot be read: *");
    }

    [Fact]
    public void The_next_of_its_class_stands_in_for_a_damaged_picture_and_it_is_told_once()
    {
        Plain("a/1.png", 1);
        Write("a/2.png", [1, 2, 3]);
        Write("a/3.png", []);
        Plain("b/1.png", 4);
        Write("b/2.png", [7]);
        var log = new LogLines();
        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed with { SkipDamaged = true }, logger: log);

        (data.Count, data.Skipped).Should().Be((5, 0));
        Values(data, 4, 2, 1, 0).Should().Equal(4, 1, 1, 1);
        Values(data).Should().Equal(1, 1, 1, 4, 4);
        using var crops = data.ReadCrops([1], new RandomResizedCrop(4), Context(1));
        Bytes(crops).Should().OnlyContain(value => value == 1);
        data.Skipped.Should().Be(3);
        log.Lines.Should().HaveCount(3).And.OnlyContain(line => line.StartsWith("Warning: Passed over: '"));
    }

    [Fact]
    public void What_stands_in_is_of_the_same_part()
    {
        for (var i = 0; i < 12; i++)
        {
            Plain($"a/{i:00}.png", (byte)i);
        }

        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed with { SkipDamaged = true });
        using var parts = data.Split(4, seed: 3);
        var own = Values(parts.Validation);
        File.WriteAllText(parts.Validation.Files[1], "nothing");

        Values(parts.Validation).Should().Equal(own[0], own[2], own[2], own[3]);
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
        Plain("a/1.png", 1);
        Plain("a/2.png", 2);
        File.CreateSymbolicLink(folder["a/3.png"], "../away.png");
        using var data = ImageFolderDataset.Load(folder.Path, 4, Streamed);
        File.Delete(folder["a/2.png"]);

        Refusal(data, 1).Should().StartWith($"'{folder["a/2.png"]}' cannot be read: it does not exist. Remove");
        Refusal(data, 2).Should().StartWith($"'{folder["a/3.png"]}' cannot be read: it is a link to '../away.png', which does not exist. Remove");
        FluentActions.Invoking(() => ImageFolderDataset.Load(folder.Path, 4)).Should().Throw<DatasetException>().WithMessage("*it is a link to '../away.png', which does not exist.*");
    }

    [Fact]
    public void Batches_are_the_same_however_they_are_read()
    {
        WriteFixtures();
        using var data = ImageFolderDataset.Load(folder.Path, 12, Streamed);
        var loader = new BatchLoader(data, 5, [new RandomResizedCrop(8), new HorizontalFlip(), new PhotometricDistortion(), new ScaleToUnit()], CPU, seed: 5);
        double[][] Epoch(bool prefetch, int firstStep = 0)
        {
            var batches = new List<double[]>();
            foreach (var batch in loader.Epoch(2, firstStep, prefetch))
            {
                using (batch)
                {
                    batches.Add(batch.Images.Values());
                }
            }

            return [.. batches];
        }

        var expected = Epoch(prefetch: false);
        Epoch(prefetch: true).Should().BeEquivalentTo(expected, options => options.WithStrictOrdering());
        Epoch(prefetch: true, firstStep: 2).Should().BeEquivalentTo(expected.Skip(2), options => options.WithStrictOrdering());
        using var last = loader.Load(2, loader.Steps - 1);
        last.Images.Values().Should().Equal(expected[^1]);
    }

    [Fact]
    public void A_run_resumed_in_mid_epoch_equals_the_uninterrupted_one()
    {
        for (var i = 0; i < 22; i++)
        {
            Write($"{"abc"[i % 3]}/{i:00}.png", new PngEncoder().Encode(14 + i, 20, (x, y, c) => (byte)((x * 7) + (y * 3) + (c * 50) + i)));
        }

        using var train = ImageFolderDataset.Load(folder.Path, 10, Streamed);
        using var uninterrupted = new TestFolder();
        using var interrupted = new TestFolder();
        void Fit(TestFolder into, string? resumeFrom = null, int? stopAt = null)
        {
            using var source = new CancellationTokenSource();
            using var model = GoogLeNet.Create(3, Tiny.Spec(), seed: resumeFrom is null ? 1 : 99);
            var options = new TrainerOptions
            {
                Epochs = 2,
                BatchSize = 5,
                Schedule = new Triangular(0.01),
                CheckpointFolder = into.Path,
                TrainTransforms = [new RandomResizedCrop(8), new HorizontalFlip(), new ScaleToUnit()],
                Callbacks = [new Recorder(value =>
                {
                    if (value is StepEvent { Epoch: 2, Step: 3 } && stopAt is not null)
                    {
                        source.Cancel();
                    }
                })],
            };
            new MultiHeadTrainer(model, options).Fit(train, train, resumeFrom, source.Token);
        }

        Fit(uninterrupted);
        FluentActions.Invoking(() => Fit(interrupted, stopAt: 3)).Should().Throw<OperationCanceledException>();
        Fit(interrupted, interrupted.Last);

        var (actual, expected) = (SafeTensorsFile.Read(interrupted.Last).Tensors, SafeTensorsFile.Read(uninterrupted.Last).Tensors);
        actual.Keys.Should().BeEquivalentTo(expected.Keys);
        expected.Where(entry => !entry.Value.Data.Span.SequenceEqual(actual[entry.Key].Data.Span)).Select(entry => entry.Key).Should().BeEmpty();
        File.Move(train.Files[0], train.Files[0] + ".moved");
        using var changed = ImageFolderDataset.Load(folder.Path, 10, Streamed);
        changed.Fingerprint.Should().NotBe(SafeTensorsFile.ReadMetadata(interrupted.Last)["trainFingerprint"]);
    }

    [Fact]
    public void It_is_measured_as_a_folder_in_memory_is()
    {
        WriteFixtures();
        using var held = ImageFolderDataset.Load(folder.Path, 8);
        using var streamed = ImageFolderDataset.Load(folder.Path, 8, Streamed);
        using var network = GoogLeNet.Create(held.ClassNames.Count, Tiny.Spec());
        var options = new EvaluationOptions { BatchSize = 7 };

        ChannelStatistics.Compute(streamed).Mean.Should().Equal(ChannelStatistics.Compute(held).Mean);
        var (expected, actual) = (new Evaluator(network, options).Evaluate(held), new Evaluator(network, options).Evaluate(streamed));
        (actual.Accuracy, actual.Loss).Should().Be((expected.Accuracy, expected.Loss));
        new MultiHeadTrainer(network).Evaluate(streamed).Should().BeEquivalentTo(new MultiHeadTrainer(network).Evaluate(held));
    }

    [Fact]
    public void Cancelling_stops_a_reading_and_nothing_leaks()
    {
        WriteFixtures();
        using var data = ImageFolderDataset.Load(folder.Path, 8, Streamed);
        LiveTensors.Settle();
        var before = Tensor.TotalCount;
        data.Read([0, 1, 2]).Dispose();
        FluentActions.Invoking(() => data.Read([0, 1, 2], new CancellationToken(true)).Dispose()).Should().Throw<OperationCanceledException>();
        foreach (var batch in new BatchLoader(data, 3, [new RandomResizedCrop(4), new ScaleToUnit()], CPU).Epoch(0).Take(2))
        {
            batch.Dispose();
        }

        LiveTensors.Settle();
        Tensor.TotalCount.Should().Be(before);
    }

    public void Dispose() => folder.Dispose();

    private static BatchContext Context(int count) => new(3, 1, [.. Enumerable.Range(0, count).Select(i => (long)i)]);

    private static byte[] Bytes(Tensor images)
    {
        using (images)
        {
            return images.contiguous().bytes.ToArray();
        }
    }

    // Every image of these is of one color.
    private static byte[] Values(ImageFolderDataset data, params long[] indices) =>
        [.. Bytes(data.Read(indices is [] ? [.. Enumerable.Range(0, (int)data.Count).Select(i => (long)i)] : indices)).Chunk(3 * 16).Select(image => image.Distinct().Single())];

    private static string Refusal(ImageFolderDataset data, params long[] indices)
    {
        var message = data.Invoking(d => d.Read(indices is [] ? [.. Enumerable.Range(0, (int)d.Count).Select(i => (long)i)] : indices)).Should().Throw<DatasetException>().Which.Message;
        message.Should().NotContain("\n");
        return message;
    }

    private void WriteFixtures()
    {
        foreach (var (i, fixture) in ImageFixtures.All.Decoded.Index())
        {
            Write($"{"abc"[i % 3]}/{fixture.Name.Replace('/', '_')}", fixture.File);
        }
    }

    private void Plain(string name, byte value) => Write(name, new PngEncoder().Encode(5, 5, (_, _, _) => value));

    private void Jpeg(string name, int width, int height, Func<int, int, SKColor> color)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Pixels = [.. Enumerable.Range(0, width * height).Select(i => color(i % width, i / width))];
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
        Write(name, data.ToArray());
    }

    private void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllBytes(folder[name], bytes);
    }

    private sealed class Corner(int beyond = 0) : ICropTransform
    {
        public int Size => 2;

        public CropWindow Window(BatchContext context, long sample, int height, int width) => new(height - 2, width - 12 + beyond + (beyond * 10), 2, 2, Interpolation.Nearest);
    }
}
