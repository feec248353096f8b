using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>A copy of a module's parameters and buffers that can be restored.</summary>
internal sealed class WeightsSnapshot : IDisposable
{
    private const string BestPrefix = "best.";

    private readonly FlatParameters parameters;
    private readonly Dictionary<string, Tensor> copies;

    public WeightsSnapshot(FlatParameters parameters)
    {
        this.parameters = parameters;
        using var frozen = no_grad();
        copies = parameters.State().ToDictionary(entry => entry.Key, entry => entry.Value.clone().DetachFromDisposeScope());
    }

    /// <summary>Every copy by its key in a checkpoint, as the best epoch's.</summary>
    public IEnumerable<(string Key, Tensor Tensor)> State => copies.Select(entry => (BestPrefix + entry.Key, entry.Value));

    /// <summary>Copies the module's state as it is now.</summary>
    public void Take() => Copy((own, copy) => copy.copy_(own));

    /// <summary>Gives the module the state that was copied last.</summary>
    public void Restore()
    {
        Copy((own, copy) => own.copy_(copy));
        parameters.Refresh();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var copy in copies.Values)
        {
            copy.Dispose();
        }
    }

    private void Copy(Func<Tensor, Tensor, Tensor> copy)
    {
        using var frozen = no_grad();
        foreach (var (key, own) in parameters.State())
        {
            copy(own, copies[key]);
        }
    }
}
