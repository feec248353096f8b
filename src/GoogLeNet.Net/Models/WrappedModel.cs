using static TorchSharp.torch;

namespace Inception;

/// <summary>What <see cref="MultiHeadModel.Wrap"/> makes of a module: one head, under the module's own state keys.</summary>
internal sealed class WrappedModel : MultiHeadModel
{
    // Named as it is registered: registration finds modules by their fields.
    private readonly nn.Module<Tensor, Tensor> module;

    public WrappedModel(nn.Module<Tensor, Tensor> module, int numClasses, int inputSize, int inputChannels, IReadOnlyList<string> classifierKeys)
        : base(module.GetType().Name)
    {
        this.module = module;
        (NumClasses, InputSize, InputChannels) = (numClasses, inputSize, inputChannels);
        register_module(nameof(module), module);
        ClassifierKeys = [.. classifierKeys.Select(name => LayerKey(name, nameof(classifierKeys)))];
    }

    public override IReadOnlyList<Head> Heads { get; } = [new(GoogLeNet.MainHead, 1)];

    public override int NumClasses { get; }

    public override int InputSize { get; }

    public override int InputChannels { get; }

    protected internal override IReadOnlyList<string> ClassifierKeys { get; }

    public override string Configuration =>
        $"{module.GetType().FullName}, {NumClasses} classes, {InputSize}×{InputSize} pixels: {string.Join(", ", this.State().Select(entry => $"{entry.Key} {entry.Value.Form()}"))}";

    // The module's own keys, without the name that it is registered by. What is asked of this module alone (recurse: false) is nothing: the child owns all.
    public override IEnumerable<(string name, TorchSharp.Modules.Parameter parameter)> named_parameters(bool recurse = true) => recurse ? module.named_parameters() : [];

    public override IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true) =>
        recurse ? module.named_buffers(recurse, include_nonpersistent) : [];

    public override Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null) => module.state_dict(destination, prefix);

    // A layer's name and a dot, which keeps fc from being fc2, or a parameter's own name.
    private string LayerKey(string name, string parameter)
    {
        var keys = named_parameters().Select(named => named.name).ToList();
        var layer = name.EndsWith('.') ? name : $"{name}.";
        return keys.Any(key => key.StartsWith(layer, StringComparison.Ordinal)) ? layer : keys.Contains(name) ? name
            : throw new ArgumentException($"No parameter's key begins with '{name}'; they begin with {string.Join(", ", keys.Select(key => key.Split('.')[0]).Distinct())}.", parameter);
    }

    protected override MultiHeadOutput Compute(Tensor images, bool withAuxiliaries)
    {
        if (images.shape is [0, ..])
        {
            throw new ArgumentException("The batch has no images.", nameof(images));
        }

        var logits = module.call(images);
        if (logits.shape is not [var count, var classes] || count != images.shape[0] || classes != NumClasses)
        {
            using (logits)
            {
                throw new InvalidOperationException(
                    $"{module.GetType().Name} gives ({string.Join(", ", logits.shape)}) for {images.shape[0]} images; with {NumClasses} classes it must give ({images.shape[0]}, {NumClasses}).");
            }
        }

        return new MultiHeadOutput(new HeadOutput(GoogLeNet.MainHead, logits));
    }
}
