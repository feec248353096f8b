namespace Inception.Training.Metrics;

/// <summary>How one head did over a set of images.</summary>
/// <param name="Head">The head's name.</param>
/// <param name="Loss">Mean cross entropy in nats; with label smoothing where the run trains with it.</param>
/// <param name="Accuracy">Share of images whose most probable class is right, in [0, 1].</param>
public sealed record HeadMetrics(string Head, double Loss, double Accuracy);
