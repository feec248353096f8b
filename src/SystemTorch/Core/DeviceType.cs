namespace TorchSharp;

/// <summary>The kind of device a tensor lives on; libtorch's numbers.</summary>
public enum DeviceType
{
    /// <summary>The processor.</summary>
    CPU = 0,
    /// <summary>An NVIDIA GPU.</summary>
    CUDA = 1,
    /// <summary>Reserved for explicit MKL-DNN.</summary>
    MKLDNN = 2,
    /// <summary>OpenGL.</summary>
    OPENGL = 3,
    /// <summary>OpenCL.</summary>
    OPENCL = 4,
    /// <summary>IDEEP.</summary>
    IDEEP = 5,
    /// <summary>An AMD GPU.</summary>
    HIP = 6,
    /// <summary>An FPGA.</summary>
    FPGA = 7,
    /// <summary>MSNPU.</summary>
    MSNPU = 8,
    /// <summary>XLA, a TPU.</summary>
    XLA = 9,
    /// <summary>Apple silicon.</summary>
    MPS = 13,
    /// <summary>Shapes without data.</summary>
    META = 14,
}
