using static TorchSharp.torch;

namespace Inception.Serialization;

/// <summary>A module's state: what a file of its weights holds.</summary>
internal static class ModuleState
{
    /// <summary>Every parameter, then every buffer, by its state key. The tensors are the module's own.</summary>
    public static Dictionary<string, Tensor> State(this nn.Module module) =>
        module.named_parameters().Select(named => (named.name, (Tensor)named.parameter)).Concat(module.named_buffers())
            .ToDictionary(named => named.Item1, named => named.Item2);
}
