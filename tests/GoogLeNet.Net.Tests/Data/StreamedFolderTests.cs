using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Torch;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;
using static Inception.Tests.Data.PictureFolder;
using static TorchSharp.torch;

namespace Inception.Tests.Data;

/// <summary>Folders of which no picture stays in memory.</summary>
[Collection(TorchCollection.Name)]
public sealed class StreamedFolderTests : IDisposable
{
    private static readonly ImageFolderOptions Streamed = new() { MemoryBudget = 0 };

    private readonly PictureFolder folder = new();

    [Fact]
    public void A_folder_is_held_as_long_as_its_images_fit_the_budget()
    {
        folder.Plain("a/1.png", 1);
        folder.Plain("a/2.png", 2);
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
        folder.WriteFixtures();
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
        folder.WriteFixtures();
        using var data = ImageFolderDataset.Load(folder.Path, 8, Streamed);
        long[] indices = All(data);
        var expected = Bytes(data.Read(indices));

        Parallel.For(0, 8, _ => Bytes(data.Read(indices)).Should().Equal(expected));
    }

    [Fact]
    public void Parts_are_chosen_as_those_of_a_folder_in_memory_and_share_its_files()
    {
        for (var i = 0; i < 30; i++)
        {
            folder.Plain($"{"abc"[i % 3]}/{i:00}.png", (byte)i);
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
        Colors(parts.Validation).Should().Equal(Colors(heldParts.Validation));
        parts.Train.Labels.Longs().Should().Equal(heldParts.Train.Labels.Longs());
        (parts.Train.IsStreamed, heldParts.Train.IsStreamed).Should().Be((true, false));
    }

    [Fact]
    public void A_fingerprint_tells_folders_apart_without_their_pixels()
    {
        folder.Plain("a/1.png", 1);
        folder.Plain("b/2.png", 2);
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
    public void Batches_are_the_same_however_they_are_read()
    {
        folder.WriteFixtures();
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
            folder.Write($"{"abc"[i % 3]}/{i:00}.png", new PngEncoder().Encode(14 + i, 20, (x, y, c) => (byte)((x * 7) + (y * 3) + (c * 50) + i)));
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
        folder.WriteFixtures();
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
        folder.WriteFixtures();
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
}
