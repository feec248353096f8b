using static TorchSharp.torch;

namespace Inception;

/// <summary>The logits of one head.</summary>
/// <param name="name">The head's name.</param>
/// <param name="logits">(N, classes), before softmax.</param>
public sealed class HeadOutput(string name, Tensor logits)
{
    /// <summary>The head's name.</summary>
    public string Name { get; } = name;

    /// <summary>(N, classes), before softmax.</summary>
    public Tensor Logits { get; } = logits;
}

/// <summary>What a network with several heads returns: the main head's logits, and each auxiliary head's by name.</summary>
public sealed class MultiHeadOutput : IDisposable
{
    /// <summary>Collects the heads' logits.</summary>
    /// <param name="main">The main head.</param>
    /// <param name="auxiliaries">The auxiliary heads that were computed, in the network's order.</param>
    public MultiHeadOutput(HeadOutput main, IReadOnlyList<HeadOutput>? auxiliaries = null)
    {
        ArgumentNullException.ThrowIfNull(main);
        Auxiliaries = auxiliaries ?? [];
        Heads = [main, .. Auxiliaries];
    }

    /// <summary>Logits (N, classes) of the main head.</summary>
    public Tensor Logits => Heads[0].Logits;

    /// <summary>The auxiliary heads that were computed: none in evaluation mode.</summary>
    public IReadOnlyList<HeadOutput> Auxiliaries { get; }

    /// <summary>The main head, then the auxiliary ones.</summary>
    public IReadOnlyList<HeadOutput> Heads { get; }

    /// <summary>Logits (N, classes) of the head of that name.</summary>
    /// <exception cref="KeyNotFoundException">No such head was computed; the message lists those that were.</exception>
    public Tensor this[string name] => Heads.FirstOrDefault(head => head.Name == name)?.Logits
        ?? throw new KeyNotFoundException($"No head '{name}' was computed; there are {string.Join(", ", Heads.Select(head => head.Name))}.");

    /// <summary>Releases the logits of all heads.</summary>
    public void Dispose()
    {
        foreach (var head in Heads)
        {
            head.Logits.Dispose();
        }
    }
}
