using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Inception;

/// <summary>A branch of an Inception block: layers one after another, with keys 0, 1, … Each intermediate result is released once the next layer has read it.</summary>
/// <typeparam name="TFirst">The type of the first layer.</typeparam>
internal sealed class Branch<TFirst> : Module<Tensor, Tensor> where TFirst : Module<Tensor, Tensor>
{
    // An array, because registration would take a field of a module's type for one more part, under the field's name.
    private readonly Module<Tensor, Tensor>[] layers;

    /// <summary>A branch of one layer at least.</summary>
    public Branch(TFirst first, params ConvBnRelu[] rest)
        : base("Branch")
    {
        layers = [first, .. rest];
        for (var i = 0; i < layers.Length; i++)
        {
            register_module($"{i}", layers[i]);
        }
    }

    /// <summary>The first layer.</summary>
    public TFirst First => (TFirst)layers[0];

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => Rest(First.call(x));

    /// <summary>Applies every layer but the first.</summary>
    /// <param name="x">The first layer's output. It is disposed, unless there is no other layer and it is the result.</param>
    public Tensor Rest(Tensor x)
    {
        foreach (var layer in layers.AsSpan(1))
        {
            using var previous = x;
            x = layer.call(previous);
        }

        return x;
    }
}
