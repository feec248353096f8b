using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A normalisation over a batch: its scale, its shift and its running statistics.</summary>
public abstract class NormBase : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(bias))]
    private Parameter? _bias;

    [ComponentName(Name = nameof(weight))]
    private Parameter? _weight;

    [ComponentName(Name = nameof(running_mean))]
    private Tensor? _running_mean;

    [ComponentName(Name = nameof(running_var))]
    private Tensor? _running_var;

    [ComponentName(Name = nameof(num_batches_tracked))]
    private Tensor? _num_batches_tracked;

    /// <summary>A normalisation of <paramref name="num_features"/> channels.</summary>
    public NormBase(long num_features, double eps, double? momentum, bool affine, bool track_running_stats, Device? device, ScalarType? dtype, string name) : base(name)
    {
        (this.num_features, this.eps, this.momentum, this.affine, this.track_running_stats) = (num_features, eps, momentum, affine, track_running_stats);
        if (affine)
        {
            weight = nn.Parameter(empty(num_features, dtype, device));
            bias = nn.Parameter(empty(num_features, dtype, device));
        }
        if (track_running_stats)
        {
            running_mean = zeros(num_features, dtype, device);
            running_var = ones(num_features, dtype, device);
            num_batches_tracked = tensor(0L, dtype, device);
        }
        reset_parameters();
    }

    /// <summary>How many channels there are.</summary>
    public long num_features { get; private set; }

    /// <summary>What is added to the variance.</summary>
    public double eps { get; set; }

    /// <summary>The weight of the newest batch in the running statistics; null averages over all batches.</summary>
    public double? momentum { get; set; }

    /// <summary>Whether there are scale and shift.</summary>
    public bool affine { get; private set; }

    /// <summary>Whether there are running statistics.</summary>
    public bool track_running_stats { get; private set; }

    /// <summary>The shift of each channel, (C). A new one replaces the old, which is disposed.</summary>
    public Parameter? bias
    {
        get => _bias;
        set => Set(ref _bias, value, nameof(bias));
    }

    /// <summary>The scale of each channel, (C). A new one replaces the old, which is disposed.</summary>
    public Parameter weight
    {
        get => _weight!;
        set
        {
            if (!ReferenceEquals(value, _weight))
            {
                Set(ref _weight, value, nameof(weight));
            }
        }
    }

    /// <summary>The running mean of each channel, (C). A new one replaces the old, which is disposed.</summary>
    public Tensor? running_mean
    {
        get => _running_mean;
        set => Set(ref _running_mean, value, nameof(running_mean));
    }

    /// <summary>The running variance of each channel, (C). A new one replaces the old, which is disposed.</summary>
    public Tensor? running_var
    {
        get => _running_var;
        set => Set(ref _running_var, value, nameof(running_var));
    }

    /// <summary>How many batches the running statistics have seen. A new one replaces the old, which is disposed.</summary>
    public Tensor? num_batches_tracked
    {
        get => _num_batches_tracked;
        set => Set(ref _num_batches_tracked, value, nameof(num_batches_tracked));
    }

    /// <summary>Forgets the running statistics, and sets scale to one and shift to zero.</summary>
    public void reset_parameters()
    {
        reset_running_stats();
        if (!affine)
        {
            return;
        }

        nn.init.ones_(weight);
        nn.init.zeros_(bias!);
    }

    /// <summary>Sets the running mean to zero and the running variance to one.</summary>
    public void reset_running_stats()
    {
        if (!track_running_stats)
        {
            return;
        }

        nn.init.zeros_(running_mean!);
        nn.init.ones_(running_var!);
        nn.init.zeros_(num_batches_tracked!);
    }

    /// <summary>Checks the input's dimensions.</summary>
    /// <exception cref="ArgumentException">They are others.</exception>
    protected abstract void ValidateInputDimensions(Tensor input);

    /// <summary>Releases parameters and statistics.</summary>
    protected override void Dispose(bool disposing)
    {
        foreach (var tensor in (Tensor?[])[_weight, _bias, _running_mean, _running_var, _num_batches_tracked])
        {
            tensor?.Dispose();
        }

        base.Dispose(disposing);
    }

    internal override void Move(Device? device, ScalarType? type) => MoveOwn(device, type);

    private void Set(ref Parameter? field, Parameter? value, string key)
    {
        field?.Dispose();
        field = (Parameter?)value?.DetachFromDisposeScope();
        Replace(key, field);
    }

    private void Set(ref Tensor? field, Tensor? value, string key)
    {
        field?.Dispose();
        field = value?.DetachFromDisposeScope();
        Replace(key, field);
    }
}
