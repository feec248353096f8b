using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>Layers one after another, with keys 0, 1, …; each intermediate result is released as soon as the next layer has read it.</summary>
internal sealed class Chain : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor>[] layers;

    /// <summary>A chain of at least one layer.</summary>
    public Chain(params Module<Tensor, Tensor>[] layers)
        : base(nameof(Chain))
    {
        this.layers = layers;
        for (var i = 0; i < layers.Length; i++)
        {
            register_module($"{i}", layers[i]);
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => AfterFirst(layers[0].call(input));

    /// <summary>Applies every layer but the first.</summary>
    /// <param name="first">What the first layer put out; released here, unless there is no other layer and it is the result.</param>
    public Tensor AfterFirst(Tensor first)
    {
        var output = first;
        foreach (var layer in layers.AsSpan(1))
        {
            using var previous = output;
            output = layer.call(previous);
        }

        return output;
    }
}
