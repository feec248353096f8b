using Inception.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>Computes the gradient of one batch, in micro-batches if the options ask for it; with several processes, of which each computes its share, over all.</summary>
internal sealed class TrainingStep(
    MultiHeadModel model, PrecisionCast network, TrainerOptions options, RunRanks ranks, FlatParameters parameters, BatchLoader loader, long trainImages) : IDisposable
{
    private readonly HeadObjective objective = new(model.Heads, options);
    private readonly int partsPerStep = options.BatchSize / loader.BatchSize;
    private readonly MetricAccumulator? share = ranks.AreSeveral ? new(model.Heads, parameters.Values.device, options.TopK, options.Metrics, model.NumClasses) : null;

    // The rest of the epoch's batches, which may be prefetched, and which one is next.
    private IEnumerator<Batch>? batches;
    private (int Epoch, int Part) next;
    private bool isChecked;

    private bool SynchronizesNorms => ranks.AreSeveral && options.SynchronizeBatchNorm;

    /// <summary>Adds the gradient of a batch's mean loss to the parameters' gradients, and the batch to <paramref name="metrics"/>.</summary>
    public void Backward(TrainingPosition position, MetricAccumulator metrics)
    {
        using var step = NewDisposeScope();
        var first = position.Step * partsPerStep;
        var end = Math.Min(first + partsPerStep, loader.Steps);
        // Dropout depends on (seed, epoch, step) and the part alone, so that a resumed run equals an uninterrupted one.
        var seed = (long)new CounterRandom(options.Seed, nameof(MultiHeadTrainer), position.Epoch).Bits(position.Step);
        var batchImages = Math.Min(options.BatchSize, trainImages - ((long)position.Step * options.BatchSize));

        // What a part's mean counts in the batch's depends on the weights of all the batch's labels, so the batch is drawn as a whole.
        var isWhole = end - first == 1 && !ranks.AreSeveral;
        var whole = objective.HasClassWeights && !isWhole ? Enumerable.Range(first, end - first).Select(part => Take(position.Epoch, part)).ToList() : null;
        var weights = whole is null ? null : new BatchWeights(whole, [.. Enumerable.Range(first, end - first).Select(loader.RowsOf)], objective, ranks);
        for (var part = first; part < end; part++)
        {
            using var scope = NewDisposeScope();
            var rows = loader.RowsOf(part);
            if (rows.Count == 0 && !SynchronizesNorms)
            {
                continue;
            }

            var batch = whole?[part - first] ?? Take(position.Epoch, part);
            var pass = new TrainingPass(unchecked(seed + part - first))
            {
                Rows = ranks.AreSeveral ? (rows.First, rows.Total) : null,
                IsCounted = rows.Count > 0,
                SumOverProcesses = SynchronizesNorms ? ranks.Sum : null,
            };
            var output = network.AllHeads(batch.Images, pass);
            RequireSynchronized(pass);
            var losses = objective.Losses(output, batch);
            if (rows.Count > 0)
            {
                objective.Measure(weights is null || !ranks.AreSeveral ? losses : weights.OfWholePart(losses, part - first), output, batch, share ?? metrics, position.Step + 1);
            }

            var fraction = rows.Count / (double)batchImages;
            var total = weights is null || rows.Count == 0 ? objective.WeightedSum(losses, position) : objective.WeightedSum(weights.OfBatch(losses, part - first, fraction), position);
            (fraction == 1 ? total : total.Times(fraction)).backward();
            parameters.CollectGradients();
        }

        ShareAll(metrics, position.Step + 1);
    }

    /// <summary>Ends the prefetching of batches.</summary>
    public void Dispose()
    {
        batches?.Dispose();
        share?.Dispose();
    }

    // Gradients, metrics, and what batch normalizations remember of each process's images.
    private void ShareAll(MetricAccumulator metrics, int step)
    {
        if (share is null)
        {
            return;
        }

        ranks.Sum(parameters.Gradients, options.ReducePrecision);
        metrics.AddAll(share, ranks.Sum, step);
        share.Reset();
        if (!options.SynchronizeBatchNorm)
        {
            AverageBuffers();
        }
    }

    private void AverageBuffers()
    {
        using var frozen = no_grad();
        var buffers = model.named_buffers().Select(named => named.buffer).Where(buffer => buffer.dtype == ScalarType.Float32).ToList();
        if (buffers.Count > 0)
        {
            // In float64 the mean of equal numbers is that number.
            var values = cat([.. buffers.Select(buffer => buffer.flatten())]).to(ScalarType.Float64);
            ranks.Sum(values);
            values.Divide_(ranks.Share.Size);
            foreach (var (buffer, mean) in buffers.Zip(values.split([.. buffers.Select(buffer => buffer.numel())])))
            {
                buffer.copy_(mean.view(buffer.shape));
            }
        }
    }

    // A module of TorchSharp's own knows nothing of other processes.
    private void RequireSynchronized(TrainingPass pass)
    {
        if (pass.SumOverProcesses is not null && !isChecked)
        {
            var norms = model.modules().Count(module => module is BatchNorm1d { training: true } or BatchNorm2d { training: true } or BatchNorm3d { training: true });
            isChecked = norms <= pass.SynchronizedNorms ? true : throw new InvalidOperationException(
                $"{norms - pass.SynchronizedNorms} of the network's {norms} batch normalizations are not this library's and cannot be synchronized over processes. Set TrainerOptions.SynchronizeBatchNorm to false.");
        }
    }

    private Batch Take(int epoch, int part)
    {
        if (batches is null || next != (epoch, part))
        {
            batches?.Dispose();
            batches = loader.Epoch(epoch, part).GetEnumerator();
        }

        next = (epoch, part + 1);
        batches.MoveNext();
        return batches.Current;
    }

    /// <summary>What the means of a batch's parts count in the mean of the whole batch, where images have weights.</summary>
    private sealed class BatchWeights
    {
        // For each part and each head, of this process's images and of all: null where every image counts alike.
        private readonly IReadOnlyList<IReadOnlyList<Tensor?>> own;
        private readonly IReadOnlyList<IReadOnlyList<Tensor?>> all;
        private readonly IReadOnlyList<(int First, int Count, int Total)> rows;

        public BatchWeights(IReadOnlyList<Batch> parts, IReadOnlyList<(int First, int Count, int Total)> rows, HeadObjective objective, RunRanks ranks)
        {
            this.rows = rows;
            own = [.. parts.Select(objective.WeightSums)];
            all = ranks.AreSeveral ? Summed(ranks) : own;
        }

        /// <summary>Means of this process's images of a part as what they count in the mean over all of the part's images, as if these were as many.</summary>
        public IReadOnlyList<Tensor> OfWholePart(IReadOnlyList<Tensor> losses, int part) =>
            [.. losses.Select((loss, head) => own[part][head] is { } weight ? loss * (weight / all[part][head]!).Times(rows[part].Total / (double)rows[part].Count) : loss)];

        /// <summary>Means of a part as what they count in the batch's, as if images counted alike.</summary>
        public IReadOnlyList<Tensor> OfBatch(IReadOnlyList<Tensor> losses, int part, double fraction) =>
            [.. losses.Select((loss, head) => own[part][head] is { } weight ? loss * (weight / all.Select(each => each[head]!).Aggregate(Arithmetic.Plus)).Over(fraction) : loss)];

        private List<IReadOnlyList<Tensor?>> Summed(RunRanks ranks)
        {
            var counted = own.SelectMany((part, i) => part.OfType<Tensor>().Select(sum => rows[i].Count > 0 ? sum.to(ScalarType.Float64) : zeros([], dtype: ScalarType.Float64, device: sum.device)));
            var sums = stack(counted.ToArray());
            ranks.Sum(sums);
            var place = 0;
            return [.. own.Select(part => (IReadOnlyList<Tensor?>)[.. part.Select(sum => sum is null ? null : sums.select(0, place++))])];
        }
    }
}
