using System.IO.Enumeration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception;

/// <summary>What of a model is frozen: parameters say it themselves, batch normalizations are remembered here.</summary>
internal sealed class FrozenParts
{
    private readonly HashSet<BatchNorm> norms = new(ReferenceEqualityComparer.Instance);

    /// <summary>Freezes what patterns of state keys match, or lets it be trained again.</summary>
    /// <exception cref="ArgumentException">There is no pattern, or one matches nothing.</exception>
    public void Set(MultiHeadModel model, string[] patterns, bool isFrozen)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        if (patterns is [])
        {
            throw new ArgumentException("There is no pattern of what to freeze.", nameof(patterns));
        }

        var state = model.State();
        if (patterns.FirstOrDefault(pattern => !state.Keys.Any(key => Matches(pattern, key))) is { } unknown)
        {
            throw new ArgumentException(
                $"No state key matches '{unknown}'; they start with {string.Join(", ", state.Keys.Select(key => key.Split('.')[0]).Distinct())}.", nameof(patterns));
        }

        var chosen = state.Where(entry => patterns.Any(pattern => Matches(pattern, entry.Key))).Select(entry => entry.Value).ToHashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var parameter in chosen.OfType<Parameter>())
        {
            parameter.requires_grad = !isFrozen;
        }

        foreach (var norm in model.modules().OfType<BatchNorm>().Where(norm => norm.parameters(false).Concat(norm.buffers(false)).Any(chosen.Contains)))
        {
            // One without parameters goes by its statistics.
            if (norm.parameters(false).Any() ? norm.parameters(false).All(parameter => !parameter.requires_grad) : isFrozen)
            {
                norms.Add(norm);
                norm.eval();
            }
            else if (norms.Remove(norm))
            {
                norm.train(model.training);
            }
        }
    }

    /// <summary>Puts frozen batch normalizations back into evaluation.</summary>
    public void KeepStill()
    {
        foreach (var norm in norms)
        {
            norm.eval();
        }
    }

    // The whole key, or the names before one of its dots.
    private static bool Matches(string pattern, string key)
    {
        for (var end = key.Length; end > 0; end = key.LastIndexOf('.', end - 1))
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, key.AsSpan(0, end), ignoreCase: false))
            {
                return true;
            }
        }

        return false;
    }
}
