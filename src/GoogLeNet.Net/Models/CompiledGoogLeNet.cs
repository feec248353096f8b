using Inception.Graph;
using Inception.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Inception;

/// <summary>What <see cref="GoogLeNet.Compile"/> makes of a network: its main head for inference. Any number of threads may use it at once.</summary>
public sealed class CompiledGoogLeNet : IClassifier
{
    private readonly CompiledNetwork? compiled;
    private readonly GoogLeNet? folded;
    private readonly ScalarType type;
    private readonly int minInputSize;
    private readonly UseCount uses;
    private readonly StoredPreprocessing? preprocessing;

    internal CompiledGoogLeNet(GoogLeNet model)
    {
        (Spec, NumClasses, Device, type) = (model.Spec, model.NumClasses, model.Device, model.parameters().First().dtype);
        (ClassNames, preprocessing, Temperature, MinimumConfidence) = (model.ClassNames, model.Preprocessing, model.Temperature, model.MinimumConfidence);
        minInputSize = Spec.SmallestInputSize()!.Value;
        uses = new(Free);
        if (Device.type == DeviceType.CPU && type == ScalarType.Float32)
        {
            compiled = new CompiledNetwork(new(NumClasses, Spec), model.Tensors());
        }
        else
        {
            folded = Spec.Blocks.Normalization == Normalization.BatchNorm ? model.FoldBatchNorm() : model.WithoutAuxiliaries();
        }
    }

    /// <summary>The network as data.</summary>
    public GoogLeNetSpec Spec { get; }

    /// <inheritdoc/>
    public int NumClasses { get; }

    /// <inheritdoc/>
    public int InputSize => Spec.InputSize;

    /// <inheritdoc/>
    public int InputChannels => Spec.InputChannels;

    /// <inheritdoc/>
    public Device Device { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public double Temperature { get; }

    /// <inheritdoc/>
    public double MinimumConfidence { get; }

    StoredPreprocessing? IClassifier.Preprocessing => preprocessing;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images' rank, channels, size, device or type does not fit; the message says what does.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Tensor Logits(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        GoogLeNet.CheckInput(images, Spec, minInputSize, Device, type);
        uses.Enter(this);
        try
        {
            return folded is null ? Compiled(images) : Folded(images);
        }
        finally
        {
            uses.Leave();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => uses.Dispose();

    private Tensor Folded(Tensor images)
    {
        using var frozen = no_grad();
        return folded!.Logits(images);
    }

    private Tensor Compiled(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (shape, areChannelsLast) = (images.shape, TensorViews.IsChannelsLast(images, 1));
        var dense = areChannelsLast ? ChannelsLast.Pixels(images) : images.contiguous();
#pragma warning disable RS0030 // The host's own memory.
        var logits = compiled!.Compute(dense.Address(), areChannelsLast, (int)shape[0], (int)shape[2], (int)shape[3], get_num_threads())[0];
#pragma warning restore RS0030
        GC.KeepAlive(dense);
        return tensor(logits, [shape[0], NumClasses]).MoveToOuterDisposeScope();
    }

    private void Free()
    {
        compiled?.Dispose();
        folded?.Dispose();
    }
}
