namespace Inception.Data;

/// <summary>
/// Epochs in which every class comes equally often, or once more where the number of images does not divide. An epoch still draws as many images as there are: those of small classes several
/// times, in other random transforms each time, and of large classes each epoch takes others. Classes without images are left out.
/// </summary>
public sealed record BalancedSampling;

/// <summary>Draws every class equally often: shuffled passes through each class's images, as many as it takes.</summary>
/// <param name="labels">Of every image.</param>
/// <param name="seed">The run's.</param>
internal sealed class BalancedDraws(long[] labels, int seed)
{
    private readonly (long Class, long[] Images)[] classes =
        [.. Enumerable.Range(0, labels.Length).Select(i => (long)i).GroupBy(i => labels[i]).OrderBy(group => group.Key).Select(group => (group.Key, group.ToArray()))];

    /// <summary>The draws of an epoch: an image's index, plus the number of images for each pass that it was drawn in before.</summary>
    /// <param name="epoch">Counted from 0.</param>
    /// <param name="places">The numbers 0 … images − 1 in random order.</param>
    public long[] Epoch(int epoch, long[] places)
    {
        // What does not divide goes to other classes in each epoch.
        var rank = new CounterRandom(seed, $"{nameof(BalancedDraws)}.rank", epoch).Permutation(classes.Length);
        var draws = classes.SelectMany((each, i) =>
        {
            var random = new CounterRandom(seed, $"{nameof(BalancedDraws)}.{each.Class}", epoch);
            var (size, quota) = (each.Images.Length, (labels.Length / classes.Length) + (rank[i] < labels.Length % classes.Length ? 1 : 0));
            return Enumerable.Range(0, (quota + size - 1) / size)
                .SelectMany(pass => random.Permutation(size, first: (long)pass * size).Select(place => each.Images[place] + ((long)pass * labels.Length)))
                .Take(quota);
        }).ToArray();
        return Array.ConvertAll(places, place => draws[place]);
    }
}
