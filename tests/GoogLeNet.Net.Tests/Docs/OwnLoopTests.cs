using FluentAssertions;
using Inception.Data;
using Inception.Tests.Training;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Docs;

[Collection(TorchCollection.Name)]
public sealed class OwnLoopTests
{
    [Fact]
    public void The_loop_of_the_chapter_is_the_one_that_is_compiled()
    {
        var lines = File.ReadAllLines(Repository.PathOf("tests/GoogLeNet.Net.Tests/Docs/OwnLoop.cs"));
        var method = lines[Array.FindIndex(lines, line => line.Contains("public static", StringComparison.Ordinal))..^1];

        File.ReadAllText(Repository.PathOf("docs/training.md")).ReplaceLineEndings("\n")
            .Should().Contain(string.Join('\n', method.Select(line => line.Length > 4 ? line[4..] : "")));
    }

    [Fact]
    public void The_optimizer_of_the_chapter_is_the_one_that_is_resumed()
    {
        var text = File.ReadAllText(Repository.PathOf("tests/GoogLeNet.Net.Tests/Docs/OwnOptimizer.cs")).ReplaceLineEndings("\n");

        File.ReadAllText(Repository.PathOf("docs/training.md")).ReplaceLineEndings("\n").Should().Contain(text[text.IndexOf("public sealed record", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void It_trains_as_the_trainer_does()
    {
        using var data = Tiny.Separable(24, seed: 1);
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0), seed: 1);
        using var other = GoogLeNet.Create(3, Tiny.Spec(dropout: 0), seed: 1);
        var options = new TrainerOptions
        {
            Epochs = 2,
            BatchSize = 8,
            Optimizer = new SgdOptions { Nesterov = true, WeightDecay = 5e-4 },
            LabelSmoothing = 0.1,
            Schedule = new Triangular(peak: 0.1),
            TrainTransforms = [new HorizontalFlip(), new ScaleToUnit()],
        };

        var metrics = OwnLoop.Train(model, data, epochs: 2, batchSize: 8);

        metrics.Should().Equal(new MultiHeadTrainer(other, options).Fit(data).Epochs[^1].Train);
    }
}
