using static TorchSharp.torch;

namespace Inception;

/// <summary>A head of a network: its name in outputs and metrics, and the weight of its loss in the total.</summary>
/// <param name="Name">Unique among the network's heads.</param>
/// <param name="Weight">More than 0.</param>
public readonly record struct Head(string Name, double Weight);

/// <summary>A classifier with one or several heads over one input, as the trainer sees it.</summary>
public interface IMultiHeadModel
{
    /// <summary>The heads, the main one first.</summary>
    IReadOnlyList<Head> Heads { get; }

    /// <summary>Height and width in pixels that the network is meant for.</summary>
    int InputSize { get; }

    /// <summary>Classes that every head tells apart.</summary>
    int NumClasses { get; }

    /// <summary>What the network is, in a form that another process can compare; kept in checkpoints.</summary>
    string Configuration { get; }

    /// <summary>The module that owns the parameters.</summary>
    nn.Module Module { get; }

    /// <summary>Computes the heads.</summary>
    /// <param name="images">(N, C, H, W), floating point, on the module's device.</param>
    /// <param name="auxiliaries">Whether the auxiliary heads are computed too; the main one always is.</param>
    /// <returns>Logits (N, <see cref="NumClasses"/>) of each computed head.</returns>
    MultiHeadOutput Forward(Tensor images, bool auxiliaries);
}
