using Inception.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>The number format that a network is trained in.</summary>
public enum Precision
{
    /// <summary>float32 throughout.</summary>
    Float32,

    /// <summary>
    /// Weights, biases and activations in bfloat16 (float32's range, 8 significant bits); normalizations, losses and the weights that are updated, averaged
    /// and saved in float32.
    /// </summary>
    BFloat16,
}

/// <summary>Which devices compute fast in a number format.</summary>
public static class PrecisionSupport
{
    /// <summary>
    /// Whether a device has instructions for matrix products in this format. Without them the format is emulated, and slower than float32.
    /// </summary>
    /// <param name="precision">The format.</param>
    /// <param name="device">A device. On x86 processors bfloat16 needs AVX-512 BF16 (Zen 4, Cooper Lake) or AMX (Sapphire Rapids); other processors count as
    /// having none. Every GPU counts as having it, as all do since Ampere.</param>
    public static bool IsAcceleratedOn(this Precision precision, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return precision == Precision.Float32 || device.type == DeviceType.CUDA || CpuFeatures.HasBFloat16;
    }
}

/// <summary>A model whose weights may be bfloat16: casts images to bfloat16 and logits back to float32.</summary>
internal sealed class PrecisionCast(MultiHeadModel model)
{
    // A weight that holds bfloat16 during a bfloat16 run.
    private readonly Tensor? weight = model.parameters().FirstOrDefault(parameter => parameter.ndim >= 2);

    /// <summary>The heads' logits, float32; what comes between stays in the caller's dispose scope.</summary>
    /// <param name="images">(N, C, H, W), float32.</param>
    /// <param name="pass">What dropout depends on in training; null in validation.</param>
    public MultiHeadOutput AllHeads(Tensor images, TrainingPass? pass = null)
    {
        MultiHeadOutput Compute(Tensor input) => pass is null ? model.AllHeads(input) : model.AllHeads(input, pass);

        if (weight?.dtype != ScalarType.BFloat16)
        {
            return Compute(images);
        }

        HeadOutput[] heads = [.. Compute(images.to(ScalarType.BFloat16)).Heads.Select(head => new HeadOutput(head.Name, head.Logits.to(ScalarType.Float32)))];
        return new MultiHeadOutput(heads[0], heads[1..]);
    }
}

/// <summary>
/// The bfloat16 weights and biases that a module computes with and their gradients, in two buffers laid out like the float32 ones. The module's
/// parameters stay the same objects; their data are exchanged.
/// </summary>
/// <remarks>The places of normalizations' scales and shifts in both buffers stay unused.</remarks>
internal sealed class WorkingCopy : IDisposable
{
    // Small enough for a cache: adding bfloat16 to float32 first converts the whole operand.
    private const long PieceLength = 1 << 18;

    private readonly FlatParameters flat;
    private readonly List<Entry> entries = [];
    private readonly Tensor values;
    private readonly Tensor gradients;

    /// <summary>Converts every weight and bias of <paramref name="module"/>, frozen ones included, to bfloat16.</summary>
    public WorkingCopy(nn.Module module, FlatParameters flat)
    {
        this.flat = flat;
        values = flat.Values.to(ScalarType.BFloat16).DetachFromDisposeScope();
        gradients = zeros_like(values).DetachFromDisposeScope();

        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var masters = flat.Views(flat.Values).ToDictionary(named => named.Key, named => named.View);
        var copies = flat.Views(values).ToDictionary(named => named.Key, named => named.View);
        var slopes = flat.Views(gradients).ToDictionary(named => named.Key, named => named.View);
        foreach (var (key, parameter) in Convertible(module))
        {
            var master = masters.GetValueOrDefault(key) ?? parameter.detach();
            entries.Add(new(key, parameter, master.DetachFromDisposeScope()));
            parameter.grad = null;
            TensorData.Exchange(parameter, copies.GetValueOrDefault(key) ?? parameter.detach().to(ScalarType.BFloat16));
            parameter.grad = slopes.GetValueOrDefault(key);
        }
    }

    /// <summary>The float32 values of every parameter that holds bfloat16, by its state key.</summary>
    public IEnumerable<(string Key, Tensor Master)> Masters => entries.Select(entry => (entry.Key, entry.Master));

    /// <summary>Rounds the float32 values again.</summary>
    public void Refresh()
    {
        using var frozen = no_grad();
        values.copy_(flat.Values);
    }

    /// <summary>Adds the gradients to the float32 ones and clears them.</summary>
    public void CollectGradients()
    {
        using var frozen = no_grad();
        var total = gradients.numel();
        for (var start = 0L; start < total; start += PieceLength)
        {
            var length = Math.Min(PieceLength, total - start);
            using var sum = flat.Gradients.narrow(0, start, length);
            using var part = gradients.narrow(0, start, length);
            sum.Add_(part);
            part.Fill_(0);
        }
    }

    /// <summary>Gives the parameters their float32 values back, without gradients.</summary>
    public void Dispose()
    {
        using var frozen = no_grad();
        foreach (var (_, parameter, master) in entries)
        {
            parameter.grad = null;
            TensorData.Exchange(parameter, master);
            master.Dispose();
        }

        values.Dispose();
        gradients.Dispose();
    }

    private static IEnumerable<(string Key, Parameter Parameter)> Convertible(nn.Module module) =>
        from named in ParameterGrouping.Kinds(module)
        where named.Kind != ParameterKinds.Normalization && named.Parameter.dtype == ScalarType.Float32
        select (named.Key, named.Parameter);

    private sealed record Entry(string Key, Parameter Parameter, Tensor Master);
}

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
