namespace Inception.Graph;

/// <summary>Where the activations of one image lie in memory, for images of one size. Those that are never needed at the same time may share memory.</summary>
internal sealed class MemoryPlan
{
    // Numbers: a cache line.
    private const int Alignment = 16;

    private readonly Dictionary<Activation, Place> places = [];

    /// <summary>Plans the memory.</summary>
    /// <param name="steps">In the order in which they run.</param>
    /// <param name="height">H of the input, in pixels.</param>
    /// <param name="width">W of the input.</param>
    public MemoryPlan(IReadOnlyList<Step> steps, int height, int width)
    {
        var sizes = new Dictionary<Activation, (int Height, int Width)> { [steps[0].Input.Root] = (height, width) };
        foreach (var step in steps)
        {
            var (inputHeight, inputWidth) = sizes[step.Input.Root];
            sizes[step.Output.Root] = (step.OutputSize(inputHeight), step.OutputSize(inputWidth));
        }

        // The largest first, each at the first place where nothing lies that is alive at the same time.
        foreach (var (activation, (h, w)) in sizes.OrderByDescending(entry => (long)entry.Value.Height * entry.Value.Width * entry.Key.Channels))
        {
            var length = ((long)h * w * activation.Channels + Alignment - 1) / Alignment * Alignment;
            var start = 0L;
            foreach (var (other, place) in places.OrderBy(entry => entry.Value.Start))
            {
                if (other.FirstLevel <= activation.LastLevel && activation.FirstLevel <= other.LastLevel && start < place.Start + place.Length && place.Start < start + length)
                {
                    start = place.Start + place.Length;
                }
            }

            places[activation] = new(start, length, h, w);
        }

        Size = places.Values.Max(place => place.Start + place.Length);
        LargestActivation = places.Values.Max(place => place.Length);
    }

    /// <summary>Numbers of all activations of one image.</summary>
    public long Size { get; }

    /// <summary>Numbers of the largest activation of one image.</summary>
    public long LargestActivation { get; }

    /// <summary>Where an activation lies.</summary>
    public Place this[Activation activation] => places[activation.Root];

    /// <summary>Where an activation lies.</summary>
    /// <param name="Start">Its first number, for one image.</param>
    /// <param name="Length">Numbers, for one image.</param>
    /// <param name="Height">H, in pixels.</param>
    /// <param name="Width">W.</param>
    internal readonly record struct Place(long Start, long Length, int Height, int Width);
}
