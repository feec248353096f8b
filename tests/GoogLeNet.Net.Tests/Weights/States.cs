using static TorchSharp.torch;

namespace Inception.Tests.Weights;

/// <summary>Networks whose state is worth comparing, and their states as arrays.</summary>
internal static class States
{
    /// <summary>Every parameter and buffer as numbers, by key.</summary>
    public static Dictionary<string, double[]> Values(this nn.Module network)
    {
        using var scope = NewDisposeScope();
        return Tensors(network).ToDictionary(
            entry => entry.Key, entry => entry.Value.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray());
    }

    /// <summary>Gives batch normalisation the statistics and factors of a network that has been trained: none of them 0 or 1.</summary>
    public static GoogLeNet WithTrainedNorms(this GoogLeNet network)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (key, value) in Tensors(network).Where(entry => entry.Key.Contains(".bn.")))
        {
            var noise = Arrays.NoiseTensor(key.Length, value.shape);
            value.copy_(key.Split('.')[^1] switch
            {
                "weight" => 1 + (0.4 * noise),
                "running_var" => (0.8 * noise) + 1,
                "num_batches_tracked" => tensor(17L),
                _ => 0.3 * noise,
            });
        }

        return network;
    }

    /// <summary>The preset or variant of that name.</summary>
    public static GoogLeNetSpec Spec(string name) => name switch
    {
        "cifar-small with two 3×3" => GoogLeNetSpec.CifarSmall with
        {
            Name = name,
            Blocks = GoogLeNetSpec.CifarSmall.Blocks with { Branch5x5 = Branch5x5.TwoConv3x3 },
        },
        "tiny" => Training.Tiny.Spec(),
        _ => GoogLeNetSpec.FromName(name),
    };

    private static Dictionary<string, Tensor> Tensors(nn.Module network) =>
        network.named_parameters().Select(named => (named.name, (Tensor)named.parameter)).Concat(network.named_buffers())
            .ToDictionary(named => named.Item1, named => named.Item2);
}
