using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>The parameters of one group as a range of the flat buffers.</summary>
/// <param name="Rule">The group's factors.</param>
/// <param name="Start">Its first element.</param>
/// <param name="Length">Its elements, at least 1.</param>
public sealed record FlatGroup(ParameterGroup Rule, long Start, long Length)
{
    /// <summary>Whether no step moves these parameters.</summary>
    public bool IsFrozen => Rule.LearningRateFactor == 0;

    /// <summary>The group's range of a buffer that lies like the flat parameters: a view (length).</summary>
    /// <param name="buffer">The buffer.</param>
    public Tensor Of(Tensor buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.narrow(0, Start, Length);
    }
}
