namespace Benchmarks.Peers;

/// <summary>A work and those who do it, in turns: one computes while the others sleep, and who begins changes from turn to turn.</summary>
internal sealed class Race(Work work, IReadOnlyList<Contender> contenders)
{
    private const double BlockSeconds = 2;

    /// <summary>Everybody's blocks after a warm-up.</summary>
    public IReadOnlyList<Measurement> Run(int turns, bool quick)
    {
        var batches = contenders.Select(contender => BatchesInABlock(contender, quick)).ToArray();
        var blocks = contenders.Select(_ => new double[turns]).ToArray();
        for (var turn = 0; turn < turns; turn++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                var who = (turn + i) % contenders.Count;
                blocks[who][turn] = batches[who] * work.Batch / contenders[who].Seconds(batches[who]);
            }
        }

        return [.. contenders.Select((contender, i) => new Measurement(contender.Name, blocks[i], contender.End()))];
    }

    private static int BatchesInABlock(Contender contender, bool quick)
    {
        contender.Seconds(1);
        var second = contender.Seconds(1);
        return quick ? 1 : Math.Clamp((int)(BlockSeconds / second), 1, 1000);
    }
}
