using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>
/// Drawn pictures of ten classes that a network can learn: shapes and patterns at random places, sizes and angles in random colours, under
/// noise. For tests, and for machines without a network; figures reached on them say nothing about photographs.
/// </summary>
public static class SyntheticImages
{
    /// <summary>Smallest side, in pixels, at which the classes can be told apart.</summary>
    public const int SmallestSide = 8;

    /// <summary>Name of class k at index k; each begins with "synthetic".</summary>
    public static IReadOnlyList<string> ClassNames { get; } = Array.AsReadOnly<string>([
        "synthetic disc", "synthetic ring", "synthetic square", "synthetic frame", "synthetic triangle",
        "synthetic cross", "synthetic horizontal stripes", "synthetic vertical stripes", "synthetic checkerboard", "synthetic gradient"]);

    /// <summary>
    /// Draws pictures. Picture i is of class i mod 10 and a function of (seed, i, size) alone: a larger set begins with the smaller one. Sets of
    /// different seeds share no picture.
    /// </summary>
    /// <param name="count">Pictures, at least 1.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="size">Width and height in pixels, 8 to 1024.</param>
    /// <returns>uint8 (count, 3, size, size) on the CPU; the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count or the size is out of range.</exception>
    public static TensorDataset Create(int count, int seed, int size = 32)
    {
        Check.AtLeast(1, count);
        if (size is < SmallestSide or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, $"size is {size}; it must be {SmallestSide} to 1024.");
        }

        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        var images = empty(count, 3, size, size, dtype: ScalarType.Byte, device: CPU);
        Parallel.For(0, count, i =>
        {
            using var own = NewDisposeScope();
#pragma warning disable RS0030 // Pictures are drawn into the host's memory.
            SyntheticPicture.Draw(seed, i, i % ClassNames.Count, size, images.select(0, i).bytes);
#pragma warning restore RS0030
        });
        var labels = tensor([.. Enumerable.Range(0, count).Select(i => (long)(i % ClassNames.Count))], dtype: ScalarType.Int64);
        return new TensorDataset(images, labels, ClassNames);
    }
}
