using Inception.Operators;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>
/// The frozen first layer of a <see cref="WhiteningSpec"/>. (N, C, H, W) → (N, 2·C·k², H', W'). State keys: <c>weight</c> (2·C·k², C, k, k) and
/// <c>fitted</c>, 1 once the filters come from images and 0 while they are drawn at random.
/// </summary>
internal sealed class Whitening : Module<Tensor, Tensor>
{
    private readonly WhiteningSpec spec;

    // Named as the state keys: a move to another device finds and exchanges them by their fields.
    private readonly Tensor weight;
    private readonly Tensor fitted;

    public Whitening(int inChannels, WhiteningSpec spec)
        : base(nameof(Whitening))
    {
        this.spec = spec;
        weight = zeros(spec.OutChannels(inChannels), inChannels, spec.Kernel, spec.Kernel, dtype: ScalarType.Float32).DetachFromDisposeScope();
        fitted = zeros([], dtype: ScalarType.Int64).DetachFromDisposeScope();
        register_buffer(nameof(weight), weight);
        register_buffer(nameof(fitted), fitted);
    }

    /// <summary>Whether the filters were computed from images.</summary>
#pragma warning disable RS0030 // Asked once, before training.
    public bool IsFitted => fitted.item<long>() != 0;
#pragma warning restore RS0030

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var filters = weight.to(input.dtype);
        return Ops.Conv2d(input, filters, bias: null, spec.Stride, spec.Padding, relu: true);
    }

    /// <summary>Filters that <paramref name="fill"/> draws, and their negatives, as long as no images are at hand.</summary>
    public void Initialize(Action<Tensor> fill)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var filters = empty_like(weight.narrow(0, 0, weight.shape[0] / 2));
        fill(filters);
        Adopt(filters, isFitted: false);
    }

    /// <summary>Computes the filters from images (N, C, H, W), float32, of at least k×k pixels; patches that do not overlap are enough.</summary>
    /// <exception cref="ArgumentException">The images hold numbers that are not finite.</exception>
    public void Fit(Tensor images)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
#pragma warning disable RS0030 // Once, before training.
        if (!images.isfinite().all().item<bool>())
#pragma warning restore RS0030
        {
            throw new ArgumentException("The images hold numbers that are not finite.", nameof(images));
        }

        var patches = Patches(images).to(ScalarType.Float64);
        var moments = patches.transpose(0, 1).mm(patches).Over(patches.size(0));
#pragma warning disable RS0030 // Once, before training.
        var (values, vectors) = linalg.eigh(moments);
#pragma warning restore RS0030
        var filters = (vectors / values.Plus(spec.Epsilon).sqrt()).transpose(0, 1);     // one in each row
        Adopt(filters.to(weight.dtype).reshape(weight.shape[0] / 2, weight.shape[1], spec.Kernel, spec.Kernel), isFitted: true);
    }

    // (N, C, H, W) → (N · ⌊H/k⌋ · ⌊W/k⌋, C·k²)
    private Tensor Patches(Tensor images)
    {
        var (n, c, k) = (images.shape[0], images.shape[1], spec.Kernel);
        var (rows, columns) = (images.shape[2] / k, images.shape[3] / k);
        return images.narrow(2, 0, rows * k).narrow(3, 0, columns * k).contiguous()
            .view(n, c, rows, k, columns, k).permute(0, 2, 4, 1, 3, 5).reshape(n * rows * columns, c * k * k);
    }

    private void Adopt(Tensor filters, bool isFitted)
    {
        weight.copy_(cat([filters, -filters]));
        fitted.Fill_(isFitted ? 1 : 0);
    }
}
