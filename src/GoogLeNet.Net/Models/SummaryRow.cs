namespace Inception;

/// <summary>One layer of a network in a summary.</summary>
/// <param name="Name">The layer's name, with which its state keys start where it has parameters.</param>
/// <param name="Kind">What it is, for example <c>Convolution 7×7 / 2</c>.</param>
/// <param name="OutputShape">Channels, height and width, or the number of features, for one image of the spec's input size.</param>
/// <param name="Parameters">Trainable parameters, those of batch normalisation with their convolution's.</param>
/// <param name="MultiplyAdds">Multiplications with an addition for one image, in convolutions and fully connected layers.</param>
/// <param name="ConnectedTo">Names of the layers whose output it reads.</param>
/// <param name="Head">The auxiliary classifier that the layer belongs to; null for the main network.</param>
public sealed record SummaryRow(
    string Name, string Kind, IReadOnlyList<int> OutputShape, long Parameters, long MultiplyAdds, IReadOnlyList<string> ConnectedTo, string? Head);
