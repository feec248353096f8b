using Inception.Data;

namespace Inception.Evaluation;

/// <summary>How pictures become a network's input: what its training or its file says, and what a training loop of your own may say.</summary>
public static class ModelPreprocessing
{
    /// <summary>The preprocessing that a network knows from its training or its file; null where it knows none.</summary>
    /// <param name="model">The network.</param>
    /// <param name="ownTypes">Transforms of your own that its file may name.</param>
    /// <exception cref="ArgumentException">Its file names a transform that is not known.</exception>
    public static Preprocessing? GetPreprocessing(this IClassifier model, IReadOnlyList<Type>? ownTypes = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Preprocessing is { } stored ? Preprocessing.Restore(stored.Value, stored.ToJson, ownTypes ?? []) : null;
    }

    /// <summary>Says how pictures become a network's input; predictions use it, and files keep it. <see cref="Training.MultiHeadTrainer.Fit"/> does it by itself.</summary>
    /// <param name="model">The network.</param>
    /// <param name="preprocessing">The preprocessing; null for none.</param>
    public static void SetPreprocessing(this MultiHeadModel model, Preprocessing? preprocessing)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Preprocessing = preprocessing?.Stored;
    }
}
