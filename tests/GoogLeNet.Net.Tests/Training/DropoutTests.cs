using System.Globalization;
using FluentAssertions;
using Inception.Operators;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Training;

/// <summary>What a model drops in training is a function of (seed, epoch, step).</summary>
[Collection(TorchCollection.Name)]
public sealed class DropoutTests
{
    private const int Epochs = 2;
    private const int StepsOfEpoch = 3;

    [Fact]
    public void Each_step_of_each_epoch_drops_other_units() =>
        Masks(seed: 1).Should().HaveCount(Epochs * StepsOfEpoch).And.OnlyHaveUniqueItems();

    [Fact]
    public void Another_seed_drops_other_units_in_every_step() =>
        Masks(seed: 1).Zip(Masks(seed: 2)).Should().HaveCount(Epochs * StepsOfEpoch).And.OnlyContain(pair => pair.First != pair.Second);

    [Fact]
    public void The_same_seed_drops_the_same_units_whatever_else_was_drawn() =>
        Masks(seed: 1, drawnBetween: 5).Should().Equal(Masks(seed: 1));

    [Fact]
    public void The_parts_of_a_batch_drop_other_units() =>
        Masks(seed: 1, microBatch: 2).Should().HaveCount(Epochs * 5, "batches of 4, 4 and 2 images in parts of 2").And.OnlyHaveUniqueItems();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_networks_heads_drop_what_torchs_generator_says_and_nothing_in_evaluation_mode(bool auxiliary)
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0.5) with { Blocks = new() });
        var images = Arrays.NoiseTensor(1, 8, 3, 8, 8);
        float[] Logits(long seed)
        {
            manual_seed(seed);
            return model.AllHeads(images)[auxiliary ? "aux1" : GoogLeNet.MainHead].Floats();
        }

        model.train();
        Logits(1).Should().Equal(Logits(1)).And.NotEqual(Logits(2));
        model.eval();
        Logits(1).Should().Equal(Logits(2));
    }

    [Fact]
    public void A_seeded_dropout_is_torchs_own_after_its_generator_was_given_that_seed()
    {
        using var scope = NewDisposeScope();
        var x = Arrays.NoiseTensor(1, 8, 64);
        manual_seed(-7);
        var expected = nn.functional.dropout(x, 0.3, training: true).Floats();
        using var seed = Ops.Begin(new TrainingPass(-7));

        Ops.Dropout(x, 0.3, training: true).Floats().Should().Equal(expected);
        Ops.Dropout(x, 0.3, training: true).Floats().Should().NotEqual(expected, "the second draw goes on from the first");
        Ops.Dropout(x, 0.3, training: false).Floats().Should().Equal(x.Floats());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_leaves_the_process_s_generator_as_it_was(bool own)
    {
        var run = Prepared(1);
        using var expected = After(() => { });
        using var found = After(() => _ = own ? Trained(1) : run().Count.ToString(CultureInfo.InvariantCulture));

        found.Floats().Should().Equal(expected.Floats());

        static Tensor After(Action action)
        {
            manual_seed(3);
            action();
            return rand(4);
        }
    }

    [Fact]
    public async Task Two_runs_at_once_train_what_one_after_the_other_trains()
    {
        string[] alone = [Trained(1), Trained(2)];

        for (var turn = 0; turn < 5; turn++)
        {
            var together = new[] { 1, 2 }.Select(seed => Task.Run(() => Trained(seed))).ToArray();
            (await Task.WhenAll(together)).Should().Equal(alone);
        }
    }

    [Fact]
    public async Task Two_runs_at_once_of_networks_of_one_s_own_drop_what_one_after_the_other_drops()
    {
        List<string>[] alone = [Masks(seed: 1), Masks(seed: 2)];

        for (var turn = 0; turn < 20; turn++)
        {
            // Made beforehand: building layers draws from the process's generator, too.
            var runs = new[] { Prepared(1), Prepared(2) };
            var together = runs.Select(run => Task.Run(run)).ToArray();
            (await Task.WhenAll(together)).Should().BeEquivalentTo(alone, o => o.WithStrictOrdering());
        }
    }

    // The weights after a run with dropout in each head, from the same start whatever the seed. On one thread: how many libtorch takes, each of a pool's threads knows for itself.
    private static string Trained(int seed)
    {
        var threads = get_num_threads();
        set_num_threads(1);
        try
        {
            manual_seed(0);
            using var scope = NewDisposeScope();
            using var model = GoogLeNet.Create(3, Tiny.Spec(dropout: 0.5) with { Blocks = new() });
            using var data = Tiny.Noise(10, size: 8);
            manual_seed(3);
            new MultiHeadTrainer(model, new() { Epochs = Epochs, BatchSize = 4, Seed = seed }).Fit(data);
            return string.Join(' ', model.parameters().SelectMany(parameter => parameter.Floats()));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    // Which of 64 units are kept, each time that the model is trained.
    private static List<string> Masks(int seed, int? microBatch = null, int drawnBetween = 0) => Prepared(seed, microBatch, drawnBetween)();

    private static Func<List<string>> Prepared(int seed, int? microBatch = null, int drawnBetween = 0)
    {
        var data = Tiny.Noise(10, size: 2);
        var layers = new LinearModel(12, 3, Tiny.ThreeHeads);
        var model = new DroppingModel(layers, drawnBetween);
        return () =>
        {
            new MultiHeadTrainer(model, new() { Epochs = Epochs, BatchSize = 4, MicroBatchSize = microBatch, Seed = seed }).Fit(data);
            data.Dispose();
            layers.Dispose();
            return model.Masks;
        };
    }

    private sealed class DroppingModel : MultiHeadModel
    {
        private readonly LinearModel layers;
        private readonly int drawnBetween;

        public DroppingModel(LinearModel layers, int drawnBetween)
            : base(nameof(DroppingModel))
        {
            (this.layers, this.drawnBetween) = (layers, drawnBetween);
            register_module(nameof(layers), layers);
        }

        public List<string> Masks { get; } = [];

        public override IReadOnlyList<Head> Heads => layers.Heads;

        public override int InputSize => layers.InputSize;

        public override int NumClasses => layers.NumClasses;

        public override string Configuration => layers.Configuration;

        protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
        {
            using var kept = nn.functional.dropout(ones(64), 0.5, training: true);
            Masks.Add(string.Concat(kept.Floats().Select(value => value > 0 ? '1' : '0')));
            rand(drawnBetween).Dispose();
            return layers.AllHeads(images);
        }
    }
}
