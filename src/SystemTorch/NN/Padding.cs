namespace TorchSharp;

/// <summary>What lies beyond the edge of a padded tensor.</summary>
public enum PaddingModes
{
    /// <summary>Zeros.</summary>
    Zeros = 0,
    /// <summary>The inside, mirrored without the edge.</summary>
    Reflect = 1,
    /// <summary>The edge.</summary>
    Replicate = 2,
    /// <summary>The other side.</summary>
    Circular = 3,
    /// <summary>One value.</summary>
    Constant = 4,
}

/// <summary>How far a convolution pads.</summary>
public enum Padding
{
    /// <summary>Not at all.</summary>
    Valid = 0,
    /// <summary>So that the output has the input's size.</summary>
    Same = 1,
}
