namespace Inception.Training;

/// <summary>What a parameter is to its layer, told from its shape and state key; several kinds make a set.</summary>
[Flags]
public enum ParameterKinds
{
    /// <summary>Two axes or more: weights of convolutions and linear layers.</summary>
    Weights = 1,

    /// <summary>At most one axis and named a bias, in a layer whose weight has two axes or more, or that has no weight.</summary>
    Biases = 2,

    /// <summary>Every other parameter of at most one axis: scales and shifts of normalisations.</summary>
    Normalization = 4,

    /// <summary>Every parameter.</summary>
    Any = Weights | Biases | Normalization,
}
