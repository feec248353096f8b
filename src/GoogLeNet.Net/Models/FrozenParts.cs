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

    /// <summary>Freezes more, until it is disposed: then what was trained before is trained again.</summary>
    /// <param name="model">The model.</param>
    /// <param name="keys">State keys; there may be none.</param>
    public IDisposable Hold(MultiHeadModel model, string[] keys)
    {
        var held = new Held(this, model, [.. model.parameters().Where(parameter => parameter.requires_grad)], [.. norms]);
        if (keys.Length > 0)
        {
            Set(model, keys, isFrozen: true);
        }

        return held;
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

    // What was trained, and which normalizations stood still.
    private sealed class Held(FrozenParts frozen, MultiHeadModel model, Parameter[] trained, BatchNorm[] still) : IDisposable
    {
        public void Dispose()
        {
            foreach (var parameter in trained)
            {
                parameter.requires_grad = true;
            }

            frozen.norms.IntersectWith(still);
            model.train(model.training);
        }
    }
}
