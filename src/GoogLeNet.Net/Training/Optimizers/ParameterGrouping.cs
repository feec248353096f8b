using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>The trainable parameters of one group, in the module's order.</summary>
internal sealed record GroupedParameters(ParameterGroup Rule, IReadOnlyList<(string Key, Parameter Parameter)> Members);

/// <summary>Deals a module's trainable parameters out to groups.</summary>
internal static class ParameterGrouping
{
    /// <summary>The groups that have parameters: first the one of those that no rule matches, then the rules' in their order.</summary>
    /// <exception cref="ArgumentException">A rule with a pattern of keys is left without a parameter.</exception>
    public static IReadOnlyList<GroupedParameters> Of(nn.Module module, IReadOnlyList<ParameterGroup> rules)
    {
        var trainable = Kinds(module).Where(entry => entry.Parameter.requires_grad).ToList();
        var taken = trainable.ToLookup(entry => rules.ToList().FindIndex(rule => rule.Matches(entry.Key, entry.Kind)));
        for (var i = 0; i < rules.Count; i++)
        {
            if (rules[i].Keys is { } keys && !taken[i].Any())
            {
                var shadowed = trainable.Any(entry => rules[i].Matches(entry.Key, entry.Kind));
                throw new ArgumentException($"The parameter group with keys '{keys}' ({rules[i].Kinds}) "
                    + (shadowed ? "has no parameter: earlier groups match them all." : "matches no trainable parameter."));
            }
        }

        return [.. rules.Prepend(new ParameterGroup()).Select((rule, i) =>
            new GroupedParameters(rule, [.. taken[i - 1].Select(entry => (entry.Key, entry.Parameter))])).Where(group => group.Members.Count > 0)];
    }

    /// <summary>Every parameter, those that do not learn included, with its state key and what it is.</summary>
    public static IEnumerable<(string Key, Parameter Parameter, ParameterKinds Kind)> Kinds(nn.Module module)
    {
        var all = module.named_parameters().ToDictionary(named => named.name, named => named.parameter);
        return all.Select(entry => (entry.Key, entry.Value, KindOf(entry.Key, entry.Value, all)));
    }

    private static ParameterKinds KindOf(string key, Parameter parameter, Dictionary<string, Parameter> all)
    {
        if (parameter.ndim >= 2)
        {
            return ParameterKinds.Weights;
        }

        var (layer, name) = (key[..(key.LastIndexOf('.') + 1)], key[(key.LastIndexOf('.') + 1)..]);
        var isShift = all.TryGetValue(layer + name.Replace("bias", "weight"), out var weight) && weight.ndim < 2;
        return name.Contains("bias", StringComparison.Ordinal) && !isShift ? ParameterKinds.Biases : ParameterKinds.Normalization;
    }
}
