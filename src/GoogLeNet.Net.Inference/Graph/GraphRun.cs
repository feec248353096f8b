using Inception.Kernels;

namespace Inception.Graph;

/// <summary>Some images on their way through a compiled network.</summary>
/// <param name="plan">Where activations lie.</param>
/// <param name="memory">Address of <see cref="MemoryPlan.Size"/> numbers for each image.</param>
/// <param name="images">Address of the first image.</param>
/// <param name="areChannelsLast">Whether the images lie as (N, H, W, C); otherwise as (N, C, H, W).</param>
/// <param name="count">N.</param>
/// <param name="threads">How many threads do the work.</param>
internal sealed class GraphRun(MemoryPlan plan, nint memory, nint images, bool areChannelsLast, int count, int threads)
{
    /// <summary>Address of the first image.</summary>
    public nint Images => images;

    /// <summary>Whether the images lie as (N, H, W, C); otherwise as (N, C, H, W).</summary>
    public bool AreChannelsLast => areChannelsLast;

    /// <summary>N.</summary>
    public int Count => count;

    /// <summary>How many threads do the work.</summary>
    public int Threads => threads;

    /// <summary>Height and width of an activation.</summary>
    public (int Height, int Width) Size(Activation activation) => (plan[activation].Height, plan[activation].Width);

    /// <summary>An activation in memory.</summary>
    public ImageView View(Activation activation) =>
        new(memory + (nint)(((plan[activation].Start * count) + activation.FirstChannel) * sizeof(float)), activation.Root.Channels, activation.Channels);
}
