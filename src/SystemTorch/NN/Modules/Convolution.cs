using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A convolution of any number of dimensions.</summary>
public abstract class Convolution : nn.Module<Tensor, Tensor>
{
    /// <summary>The field behind <see cref="weight"/>.</summary>
    [ComponentName(Name = nameof(weight))]
    protected Parameter? _weight;

    /// <summary>The field behind <see cref="bias"/>.</summary>
    [ComponentName(Name = nameof(bias))]
    protected Parameter? _bias;

    private protected Convolution(
        string name, long in_channels, long out_channels, long[] kernel_size, long[] stride, long[]? padding, Padding? padding_type, long[] dilation,
        long groups, bool bias, PaddingModes padding_mode, Device? device, ScalarType? dtype) : base(name)
    {
        (this.in_channels, this.out_channels, this.groups, this.padding_mode) = (in_channels, out_channels, groups, padding_mode);
        (this.kernel_size, this.stride, this.dilation) = (kernel_size, stride, dilation);
        (this.padding, this.padding_type) = (padding, padding_type);
        if (padding_type == Padding.Same && stride.Any(s => s != 1))
        {
            throw new ArgumentException("padding='same' is not supported for strided convolutions");
        }

        weight = nn.Parameter(empty([out_channels, in_channels / groups, .. kernel_size], dtype, device));
        if (bias)
        {
            this.bias = nn.Parameter(empty(out_channels, dtype, device));
        }

        reset_parameters();
    }

    /// <summary>The channels of the input.</summary>
    public long in_channels { get; }

    /// <summary>The channels of the output.</summary>
    public long out_channels { get; }

    /// <summary>The kernel's size in each dimension.</summary>
    public long[] kernel_size { get; set; }

    /// <summary>The step in each dimension.</summary>
    public long[] stride { get; set; }

    /// <summary>The step inside the kernel in each dimension.</summary>
    public long[] dilation { get; set; }

    /// <summary>The padding on either side of each dimension; null where <see cref="padding_type"/> says.</summary>
    public long[]? padding { get; private set; }

    /// <summary>How far to pad; null where <see cref="padding"/> says.</summary>
    public Padding? padding_type { get; private set; }

    /// <summary>What lies beyond the edge.</summary>
    public PaddingModes padding_mode { get; set; }

    /// <summary>How many groups of channels are convolved apart.</summary>
    public long groups { get; set; }

    /// <summary>The kernels, (out, in / groups, …). A new one replaces the old, which is disposed.</summary>
    public Parameter weight
    {
        get => _weight!;
        set
        {
            if (ReferenceEquals(value, _weight))
            {
                return;
            }

            _weight?.Dispose();
            _weight = (Parameter)value.DetachFromDisposeScope();
            Replace(nameof(weight), _weight);
        }
    }

    /// <summary>What is added to each output channel, (out); null adds nothing. A new one replaces the old, which is disposed.</summary>
    public Parameter? bias
    {
        get => _bias;
        set
        {
            _bias?.Dispose();
            _bias = (Parameter?)value?.DetachFromDisposeScope();
            Replace(nameof(bias), _bias);
        }
    }

    /// <summary>The padding as <see cref="nn.functional.pad(Tensor, long[], PaddingModes, double)"/> takes it: last dimension first, both sides.</summary>
    private protected long[] PadSides => Enumerable.Range(0, kernel_size.Length).Reverse().SelectMany(Sides).ToArray();

    /// <summary>Draws kernels and bias anew: evenly within ±1 / √(inputs of an output).</summary>
    public void reset_parameters()
    {
        nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
        var (fanIn, _) = nn.init.CalculateFanInAndFanOut(weight);
        if (bias is not null && fanIn != 0)
        {
            nn.init.uniform_(bias, -1 / Math.Sqrt(fanIn), 1 / Math.Sqrt(fanIn));
        }
    }

    /// <summary>Releases kernels and bias.</summary>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            return;
        }

        _weight?.Dispose();
        _bias?.Dispose();
    }

    /// <summary>Whether the input has the dimensions and channels, with or without a batch.</summary>
    protected bool ValidateShape(Tensor input, long dimensions)
    {
        var shape = input.shape;
        return (shape.Length == dimensions + 2 && shape[1] == in_channels) || (shape.Length == dimensions + 1 && shape[0] == in_channels);
    }

    internal override void Move(Device? device, ScalarType? type) => MoveOwn(device, type);

    private long[] Sides(int d)
    {
        if (padding is not null)
        {
            return [padding[d], padding[d]];
        }

        var total = padding_type == Padding.Same ? dilation[d] * (kernel_size[d] - 1) : 0;
        return [total / 2, total - total / 2];
    }
}
