using Inception.Kernels;
using static TorchSharp.torch;

namespace Inception.Tests.Operators;

/// <summary>Inputs, filters and biases of 3×3 convolutions, all of which require gradients.</summary>
internal static class ConvolutionData
{
    // Half a panel of filters more than one, if vectors are of 256 bits; as many as there may be.
    public static readonly int PanelAndPart = GemmMicroKernel.NR + TileTransform.Block;

    // As few channels as there may be: 16 if vectors are of 256 bits.
    public static readonly int Few = TileTransform.Block;

    public static Tensor Input(int images, int channels, int height, int width) =>
        Arrays.ChannelsLast(Arrays.NoiseTensor(1, images, channels, height, width)).requires_grad_();

    public static Tensor Filters(int outputs, int inputs) => (Arrays.NoiseTensor(3, outputs, inputs, 3, 3) / Math.Sqrt(inputs)).requires_grad_();

    public static Tensor Bias(int outputs) => Arrays.NoiseTensor(5, outputs).requires_grad_();

    public static Tensor Wide(Tensor tensor) => tensor.detach().to(ScalarType.Float64).contiguous().requires_grad_();
}
