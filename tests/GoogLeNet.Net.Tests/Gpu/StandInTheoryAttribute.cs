using Inception.Tests.Torch;
using Xunit;

namespace Inception.Tests.Gpu;

/// <summary>A test on the stand-in for a GPU, which is written for libtorch 1.13 as Debian 12 packs it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StandInTheoryAttribute : TheoryAttribute
{
    public StandInTheoryAttribute()
    {
        const string Header = "/usr/include/torch/csrc/api/include/torch/version.h";
        var version = File.Exists(Header) ? File.ReadAllText(Header) : "";
        if (!Tensors.IsSystemTorch || !version.Contains("TORCH_VERSION_MAJOR 1\n") || !version.Contains("TORCH_VERSION_MINOR 13\n"))
        {
            Skip = "The stand-in for a GPU needs the engine System on Debian's libtorch 1.13.";
        }
    }
}
