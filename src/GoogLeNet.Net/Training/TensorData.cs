using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>PyTorch's <c>a.data = b</c>, which TorchSharp lacks: unlike <c>set_</c> it may change the element type.</summary>
internal static class TensorData
{
    private static readonly Lazy<jit.CompilationUnit> Script = new(() => jit.compile(
        """
        def exchange(tensor, data):
            tensor.set_data(data)
            return tensor


        """));

    /// <summary>Lets <paramref name="tensor"/> hold what <paramref name="data"/> holds, in the same memory; everything that refers to it sees that.</summary>
    public static void Exchange(Tensor tensor, Tensor data) => Script.Value.invoke<Tensor>("exchange", tensor, data).Dispose();
}
