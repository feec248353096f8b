namespace Inception.Graph;

/// <summary>What a step reads or writes: images with channels last. A branch of a concatenation is some of the channels of the whole.</summary>
/// <param name="channels">Number of channels.</param>
internal sealed class Activation(int channels)
{
    private Activation? whole;

    /// <summary>Number of channels.</summary>
    public int Channels { get; } = channels;

    /// <summary>What it lies in: itself, or the concatenation that it is a branch of.</summary>
    public Activation Root => whole ?? this;

    /// <summary>Its first channel in <see cref="Root"/>.</summary>
    public int FirstChannel { get; private set; }

    /// <summary>Level of the step that writes it; of a concatenation the first of those.</summary>
    public int FirstLevel { get; set; } = int.MaxValue;

    /// <summary>Level of the last step that reads or writes it.</summary>
    public int LastLevel { get; set; }

    /// <summary>Places it in a concatenation.</summary>
    public void PlaceIn(Activation concatenation, int firstChannel) => (whole, FirstChannel) = (concatenation, firstChannel);
}
