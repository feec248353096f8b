using static TorchSharp.torch;

namespace Inception;

/// <summary>What <see cref="MultiHeadModel.Wrap"/> makes of a module: one head, under the module's own state keys.</summary>
internal sealed class WrappedModel : MultiHeadModel
{
    // Named as it is registered: registration finds modules by their fields.
    private readonly nn.Module<Tensor, Tensor> module;

    public WrappedModel(nn.Module<Tensor, Tensor> module, int numClasses, int inputSize)
        : base(module.GetType().Name)
    {
        this.module = module;
        (NumClasses, InputSize) = (numClasses, inputSize);
        register_module(nameof(module), module);
    }

    public override IReadOnlyList<Head> Heads { get; } = [new(GoogLeNet.MainHead, 1)];

    public override int NumClasses { get; }

    public override int InputSize { get; }

    public override string Configuration =>
        $"{module.GetType().FullName}, {NumClasses} classes, {InputSize}×{InputSize} pixels: {string.Join(", ", this.State().Select(entry => $"{entry.Key} {entry.Value.Form()}"))}";

    // The module's own keys, without the name that it is registered by. What is asked of this module alone (recurse: false) is nothing: the child owns all.
    public override IEnumerable<(string name, TorchSharp.Modules.Parameter parameter)> named_parameters(bool recurse = true) => recurse ? module.named_parameters() : [];

    public override IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true) =>
        recurse ? module.named_buffers(recurse, include_nonpersistent) : [];

    public override Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null) => module.state_dict(destination, prefix);

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
