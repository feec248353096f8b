using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.TensorBoard;

public sealed class TensorBoardLogTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_250);

    [Fact]
    public void A_file_begins_with_its_version_and_is_named_after_time_and_host()
    {
        using var folder = new TestFolder();
        using var sink = new TensorBoardLog(Path.Combine(folder.Path, "new", "folder"), new Clock());

        sink.Path.Should().Be(Path.Combine(folder.Path, "new", "folder", $"events.out.tfevents.1800000000.{Environment.MachineName}"));
        EventFileReader.Read(sink.Path).Should().BeEquivalentTo([new ReadEvent(1_800_000_000.25, 0, "brain.Event:2", new Dictionary<string, float>())]);
    }

    [Fact]
    public void A_second_file_of_the_same_second_gets_a_number()
    {
        using var folder = new TestFolder();
        using var first = new TensorBoardLog(folder.Path, new Clock());
        using var second = new TensorBoardLog(folder.Path, new Clock());

        second.Path.Should().Be(first.Path + ".1");
    }

    [Fact]
    public void An_epoch_is_written_with_every_head_at_its_last_step_while_the_file_is_open()
    {
        using var folder = new TestFolder();
        using var sink = new TensorBoardLog(folder.Path, new Clock());

        sink.Observe(Step(2, 196));
        sink.Observe(Epoch(2));

        var written = EventFileReader.Read(sink.Path).Should().HaveCount(2, "the last step and its epoch are one event").And.Subject.Last();
        written.Step.Should().Be(392);
        written.WallTime.Should().Be(1_800_000_000.25);
        written.Scalars.Should().BeEquivalentTo(new Dictionary<string, float>
        {
            ["learning_rate"] = 0.02f,
            ["images_per_second"] = 1234.5f,
            ["loss/train/main"] = 1.5f,
            ["accuracy/train/main"] = 0.25f,
            ["loss/train/aux1"] = 1.75f,
            ["accuracy/train/aux1"] = 0.125f,
            ["loss/validation/main"] = 1.25f,
            ["accuracy/validation/main"] = 0.5f,
            ["loss/validation/aux1"] = 1,
            ["accuracy/validation/aux1"] = 0.75f,
        });
    }

    [Fact]
    public void The_file_is_byte_for_byte_what_protobuf_writes()
    {
        // By generate_events.py beside this file, with Google's protobuf library.
        var expected = File.ReadAllBytes(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Training", "TensorBoard", "expected.tfevents"));
        using var folder = new TestFolder();
        using (var sink = new TensorBoardLog(folder.Path, new Clock()))
        {
            sink.Observe(Step(2, 40));
            sink.Observe(Step(2, 196));
            sink.Observe(Epoch(2));
            sink.Observe(Step(1_000_000_000, 1));
        }

        File.ReadAllBytes(Directory.GetFiles(folder.Path).Single()).Should().Equal(expected);
    }

    [Fact]
    public void Without_validation_there_are_no_scalars_of_it()
    {
        using var folder = new TestFolder();
        using var sink = new TensorBoardLog(folder.Path, new Clock());

        sink.Observe(new EpochEvent(Epoch(1).Record with { Validation = [] }, 5, new History([])));

        EventFileReader.Read(sink.Path)[^1].Scalars.Keys.Should().HaveCount(6).And.NotContain(tag => tag.Contains("validation"));
    }

    [Theory]
    [InlineData(1, 40, 40, "in the first epoch")]
    [InlineData(3, 40, 432, "after two epochs of 196 steps")]
    [InlineData(1_000_000_000, 1, 195_999_999_805, "far on: a step is 64 bits wide")]
    public void A_step_is_counted_from_the_start_of_the_run(int epoch, int step, long expected, string reason)
    {
        using var folder = new TestFolder();
        using var sink = new TensorBoardLog(folder.Path, new Clock());

        sink.Observe(Step(epoch, step));

        var written = EventFileReader.Read(sink.Path)[^1];
        written.Step.Should().Be(expected, reason);
        written.Scalars.Should().BeEquivalentTo(new Dictionary<string, float> { ["learning_rate"] = 0.01f, ["images_per_second"] = 99 });
    }

    [Fact]
    public void Other_events_are_let_pass()
    {
        using var folder = new TestFolder();
        using var sink = new TensorBoardLog(folder.Path, new Clock());

        sink.Observe(new CheckpointEvent("last.safetensors", IsBest: true));

        EventFileReader.Read(sink.Path).Should().ContainSingle();
    }

    [Fact]
    public void A_file_cut_anywhere_is_readable_up_to_there()
    {
        using var folder = new TestFolder();
        using var sink = new TensorBoardLog(folder.Path, new Clock());
        var ends = new List<long> { 0, new FileInfo(sink.Path).Length };
        for (var epoch = 1; epoch <= 2; epoch++)
        {
            sink.Observe(Epoch(epoch));
            ends.Add(new FileInfo(sink.Path).Length);
        }

        sink.Dispose();
        var bytes = File.ReadAllBytes(sink.Path);

        for (var length = 0; length <= bytes.Length; length++)
        {
            EventFileReader.Read(bytes.AsSpan(0, length)).Should().HaveCount(ends.Count(end => end > 0 && end <= length));
        }
    }

    [Fact]
    public void A_file_that_cannot_be_made_is_an_io_error_with_its_path()
    {
        using var folder = new TestFolder();
        var blocked = Path.Combine(folder.Path, "file");
        File.WriteAllText(blocked, "not a folder");

        FluentActions.Invoking(() => new TensorBoardLog(Path.Combine(blocked, "runs"))).Should().Throw<IOException>()
            .WithMessage($"TensorBoard events cannot be written to '{Path.Combine(blocked, "runs", "events.out.tfevents.")}*");
    }

    [Fact]
    public void A_full_disk_is_an_io_error_with_the_path()
    {
        if (!File.Exists("/dev/full"))
        {
            return;
        }

        using var file = RecordFile.Open("/dev/full", FileMode.Open);

        file.Invoking(full => full.Append([1, 2, 3])).Should().Throw<IOException>().WithMessage("TensorBoard events cannot be written to '/dev/full': *");
    }

    [Fact]
    public void A_disposed_sink_takes_no_events()
    {
        using var folder = new TestFolder();
        var sink = new TensorBoardLog(folder.Path);
        sink.Dispose();

        sink.Invoking(closed => closed.Observe(Epoch(1))).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void An_empty_folder_name_is_refused() =>
        FluentActions.Invoking(() => new TensorBoardLog("")).Should().Throw<ArgumentException>().WithParameterName("folder");

    private static StepEvent Step(int epoch, int step) => new(epoch, int.MaxValue, step, 196, 0.01, 99, null) { IsReportDue = true };

    private static EpochEvent Epoch(int epoch) => new(
        new EpochRecord(
            epoch, 0.02, 60, 1234.5, [new("main", 1.5, 0.25), new("aux1", 1.75, 0.125)], [new("main", 1.25, 0.5), new("aux1", 1, 0.75)]),
        5,
        new History([]));

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Start;
    }
}
