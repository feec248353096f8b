namespace Inception.Training;

/// <summary>How one head did over a set of images.</summary>
/// <param name="Head">The head's name.</param>
/// <param name="Loss">Mean loss; of cross entropy in nats, with label smoothing where the run trains with it.</param>
/// <param name="Accuracy">Share of images whose most probable class is right, in [0, 1].</param>
/// <param name="TopKAccuracy">Share of images whose class is among the <see cref="TrainerOptions.TopK"/> most probable; null where none is asked for.</param>
public sealed record HeadMetrics(string Head, double Loss, double Accuracy, double? TopKAccuracy = null);
