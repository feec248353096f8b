namespace Inception;

/// <summary>The tensors that a network has, from its spec alone: what a file of its weights must hold.</summary>
internal static class NetworkState
{
    /// <summary>Shape of each floating-point tensor by state key; a whitening's flag and batch norms' counters are left out.</summary>
    public static Dictionary<string, long[]> Shapes(ModelDescription description)
    {
        var (spec, shapes) = (description.Spec, new Dictionary<string, long[]>());
        int channels = spec.InputChannels, size = spec.InputSize;
        foreach (var layer in spec.Layers)
        {
            switch (layer)
            {
                case WhiteningSpec whitening:
                    shapes[$"{layer.Name}.weight"] = [whitening.OutChannels(channels), channels, whitening.Kernel, whitening.Kernel];
                    break;
                case ConvolutionSpec convolution:
                    Conv(layer.Name, channels, convolution.Channels, convolution.Kernel);
                    break;
                case InceptionSpec block:
                    Inception(block, channels);
                    break;
            }

            channels = GoogLeNetSpec.OutputChannels(layer, channels);
            size = spec.OutputSize(layer, size);
            foreach (var head in spec.Auxiliaries.Where(head => head.After == layer.Name))
            {
                var (pooling, hidden) = head.On(size);
                var pooled = pooling.OutputSize(size);
                Conv($"{head.Name}.conv", channels, head.Channels, 1);
                Linear($"{head.Name}.fc1", (long)head.Channels * pooled * pooled, hidden);
                Linear($"{head.Name}.fc2", hidden, description.NumClasses);
            }
        }

        Linear(GoogLeNetSpec.ClassifierKey, channels, description.NumClasses);
        return shapes;

        void Inception(InceptionSpec block, int inputs)
        {
            var key = GoogLeNetSpec.KeyOf(block);
            Conv($"{key}.branch1", inputs, block.Conv1x1, 1);
            Conv($"{key}.branch2.0", inputs, block.Reduce3x3, 1);
            Conv($"{key}.branch2.1", block.Reduce3x3, block.Conv3x3, 3);
            Conv($"{key}.branch3.0", inputs, block.Reduce5x5, 1);
            Conv($"{key}.branch3.1", block.Reduce5x5, block.Conv5x5, spec.Blocks.Branch5x5 == Branch5x5.Conv5x5 ? 5 : 3);
            if (spec.Blocks.Branch5x5 == Branch5x5.TwoConv3x3)
            {
                Conv($"{key}.branch3.2", block.Conv5x5, block.Conv5x5, 3);
            }

            Conv($"{key}.branch4.1", inputs, block.PoolProjection, 1);
        }

        void Conv(string key, int inputs, int outputs, int kernel)
        {
            shapes[$"{key}.conv.weight"] = [outputs, inputs, kernel, kernel];
            foreach (var vector in spec.Blocks.Normalization == Normalization.None ? ["conv.bias"] : (string[])["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"])
            {
                shapes[$"{key}.{vector}"] = [outputs];
            }
        }

        void Linear(string key, long inputs, int outputs) => (shapes[$"{key}.weight"], shapes[$"{key}.bias"]) = ([outputs, inputs], [outputs]);
    }

    /// <summary>Checks that a file holds the tensors of the network that it names.</summary>
    /// <exception cref="WeightsException">It does not.</exception>
    public static void Check(ModelDescription description, IReadOnlyDictionary<string, SafeTensor> tensors, string path)
    {
        var wanted = Shapes(description).ToDictionary(entry => entry.Key, entry => new TensorForm(SafeTensorsType.F32, entry.Value));
        var report = WeightsReport.Compare(tensors.Values.Where(tensor => !IsBookkeeping(tensor.Name)).ToDictionary(tensor => tensor.Name, tensor => tensor.Form), wanted);
        if (!report.IsComplete)
        {
            throw new WeightsException(path, $"'{description.Spec.Name}' with {description.NumClasses} classes", report, "");
        }
    }

    // What inference does not read.
    private static bool IsBookkeeping(string key) => key.EndsWith(".num_batches_tracked", StringComparison.Ordinal) || key.EndsWith(".fitted", StringComparison.Ordinal);
}
