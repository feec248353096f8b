using System.IO.Enumeration;

namespace Inception.Training;

/// <summary>
/// A rule that picks parameters by kind, by state key or by both, and what the learning rate and the weight decay are multiplied by for them.
/// </summary>
/// <remarks>Of several groups, a parameter belongs to the first that matches; one that none matches has both factors 1.</remarks>
public sealed record ParameterGroup
{
    private readonly ParameterKinds kinds = ParameterKinds.Any;
    private readonly string? keys;
    private readonly double learningRateFactor = 1;
    private readonly double weightDecayFactor = 1;

    /// <summary>No decay of biases and normalisations: the default of every optimizer.</summary>
    public static IReadOnlyList<ParameterGroup> NoDecayOnBiasesAndNorms { get; } =
        [new() { Kinds = ParameterKinds.Biases | ParameterKinds.Normalization, WeightDecayFactor = 0 }];

    /// <summary>Biases at twice the rate without decay, the <c>lr_mult: 2, decay_mult: 0</c> of Caffe's bvlc_googlenet; normalisations, which
    /// it has none of, without decay.</summary>
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
    /// A pattern that the whole state key must match, for example <c>aux*</c> or <c>inception3?.*.bias</c>: <c>*</c> stands for any characters,
    /// <c>?</c> for one; null for every key. A pattern that leaves its group without a parameter is an error, in case it is mistyped.
    /// </summary>
    public string? Keys
    {
        get => keys;
        init => keys = value != "" ? value : throw new ArgumentException($"{nameof(Keys)} is empty; it must be a pattern, or null for every key.", nameof(Keys));
    }

    /// <summary>What the learning rate is multiplied by, 0 or more; 0 leaves the parameters as they are. Default 1.</summary>
    public double LearningRateFactor
    {
        get => learningRateFactor;
        init => learningRateFactor = Check.NotNegative(value, nameof(LearningRateFactor));
    }

    /// <summary>What the weight decay is multiplied by, 0 or more. Default 1.</summary>
    public double WeightDecayFactor
    {
        get => weightDecayFactor;
        init => weightDecayFactor = Check.NotNegative(value, nameof(WeightDecayFactor));
    }

    /// <summary>Whether a parameter belongs to the group, those of earlier groups aside.</summary>
    internal bool Matches(string key, ParameterKinds kind) =>
        (Kinds & kind) != 0 && (Keys is null || FileSystemName.MatchesSimpleExpression(Keys, key, ignoreCase: false));
}
