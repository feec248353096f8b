using System.IO.Enumeration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// Parameters picked by kind and state key, and factors on their learning rate and weight decay.
/// </summary>
/// <remarks>A parameter belongs to the first group that matches it; without one both factors are 1.</remarks>
public sealed record ParameterGroup
{
    /// <summary>What stands between the patterns of <see cref="Keys"/>.</summary>
    internal const char Separator = '|';

    private readonly ParameterKinds kinds = ParameterKinds.Any;
    private readonly string? keys;
    private readonly double learningRateFactor = 1;
    private readonly double weightDecayFactor = 1;

    /// <summary>No decay of biases and normalizations: the default of every optimizer.</summary>
    public static IReadOnlyList<ParameterGroup> NoDecayOnBiasesAndNorms { get; } =
        [new() { Kinds = ParameterKinds.Biases | ParameterKinds.Normalization, WeightDecayFactor = 0 }];

    /// <summary>Biases at twice the rate without decay, as in Caffe's bvlc_googlenet (<c>lr_mult: 2, decay_mult: 0</c>); normalizations without
    /// decay.</summary>
    public static IReadOnlyList<ParameterGroup> DoubleRateOnBiases { get; } =
    [
        new() { Kinds = ParameterKinds.Biases, LearningRateFactor = 2, WeightDecayFactor = 0 },
        new() { Kinds = ParameterKinds.Normalization, WeightDecayFactor = 0 },
    ];

    /// <summary>The kinds that belong to the group, at least one. Default all.</summary>
    public ParameterKinds Kinds
    {
        get => kinds;
        init => kinds = value != 0 && (value & ~ParameterKinds.Any) == 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Kinds), value, $"{nameof(Kinds)} is {value}; it must be one or more of Weights, Biases and Normalization.");
    }

    /// <summary>
    /// A pattern that the whole state key must match, for example <c>aux*</c> or <c>inception3?.*.bias</c>, where <c>*</c> stands for any characters and
    /// <c>?</c> for one; or several patterns with <c>|</c> between them, as in <c>fc.*|aux*.fc2.*</c>; null for every key. Keys that leave their group without a parameter are refused.
    /// </summary>
    public string? Keys
    {
        get => keys;
        init => keys = value?.Split(Separator).Contains("") != true ? value : throw new ArgumentException($"{nameof(Keys)} is empty; it must be a pattern, or null for every key.", nameof(Keys));
    }

    /// <summary>Factor on the learning rate, 0 or more; with 0 the parameters are not trained. Default 1.</summary>
    public double LearningRateFactor
    {
        get => learningRateFactor;
        init => learningRateFactor = Check.NotNegative(value, nameof(LearningRateFactor));
    }

    /// <summary>Factor on the weight decay, 0 or more. Default 1.</summary>
    public double WeightDecayFactor
    {
        get => weightDecayFactor;
        init => weightDecayFactor = Check.NotNegative(value, nameof(WeightDecayFactor));
    }

    /// <summary>Whether the group's kinds and pattern match a parameter.</summary>
    internal bool Matches(string key, ParameterKinds kind) =>
        (Kinds & kind) != 0 && (Keys is null || Keys.Split(Separator).Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, key, ignoreCase: false)));
}

/// <summary>Kinds of parameters, told by shape and state key.</summary>
[Flags]
public enum ParameterKinds
{
    /// <summary>Two axes or more: weights of convolutions and linear layers.</summary>
    Weights = 1,

    /// <summary>At most one axis and named a bias, in a layer whose weight has two axes or more, or that has no weight.</summary>
    Biases = 2,

    /// <summary>Every other parameter of at most one axis: scales and shifts of normalizations.</summary>
    Normalization = 4,

    /// <summary>Every parameter.</summary>
    Any = Weights | Biases | Normalization,
}

/// <summary>The trainable parameters of one group, in the module's order.</summary>
internal sealed record GroupedParameters(ParameterGroup Options, IReadOnlyList<(string Key, Parameter Parameter)> Members);

/// <summary>Assigns a module's parameters to groups.</summary>
internal static class ParameterGrouping
{
    /// <summary>Assigns the trainable parameters to groups.</summary>
    /// <returns>The groups that have parameters: first one of all that no group matches, then the groups in their order.</returns>
    /// <exception cref="ArgumentException">A group with a pattern of keys has no parameter.</exception>
    public static IReadOnlyList<GroupedParameters> Assign(nn.Module module, IReadOnlyList<ParameterGroup> rules)
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

    /// <summary>Every parameter, frozen ones included, with its state key and kind.</summary>
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
