namespace Inception.Interop;

/// <summary>
/// PyTorch's files of weights (<c>.pth</c>, <c>.pt</c>), read and written without Python: state dicts as <c>torch.save(model.state_dict(), path)</c> writes them, in the zip form and in
/// the one before PyTorch 1.6. Nothing in a file is run: a pickle that asks for anything but tensors is refused.
/// </summary>
public static class TorchFile
{
    extension(GoogLeNet)
    {
        /// <summary>
        /// Builds torchvision's <c>googlenet</c> from a file of its state dict, with the classes and the auxiliary classifiers that the file has. Such a file does not say what its
        /// classes are called and how pictures become its input; set <see cref="MultiHeadModel.ClassNames"/> and <see cref="Evaluation.ModelPreprocessing.SetPreprocessing"/>, or take
        /// <see cref="Pretrained"/> for torchvision's own weights.
        /// </summary>
        /// <param name="path">The file.</param>
        /// <returns>A network of <see cref="GoogLeNetSpec.TorchVision"/> on the CPU in evaluation mode; the caller disposes it.</returns>
        /// <exception cref="ModelFileException">The file is damaged, or no state dict of such a network.</exception>
        /// <exception cref="WeightsException">Its tensors are not those of torchvision's <c>googlenet</c>.</exception>
        /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
        /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
        public static GoogLeNet LoadTorch(string path)
        {
            using var state = StateDict.Open(path);
            var spec = GoogLeNetSpec.TorchVision;
            spec = spec with { Auxiliaries = [.. spec.Auxiliaries.Where(head => state.Tensors.ContainsKey($"{head.Name}.fc2.weight"))] };
            return Build(spec, ClassesOf(state, spec, path), state, path);
        }
    }

    /// <summary>
    /// Copies the tensors of a PyTorch file into the parameters and buffers of the same keys, which stay the same objects on the same device. Numbers of another floating-point type
    /// are converted; counters of batches may be missing.
    /// </summary>
    /// <remarks>
    /// The file may be a checkpoint that has the state dict under <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>. The prefixes of <c>DataParallel</c> and <c>torch.compile</c> are
    /// taken off.
    /// </remarks>
    /// <param name="model">The network.</param>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether every tensor must fit; otherwise those that fit are loaded and the result tells of the rest.</param>
    /// <param name="includeClassifiers">Whether the last layer of each head is loaded too. Otherwise the network keeps its own, which may have other classes.</param>
    /// <returns>What was loaded and what did not fit; without the classifiers, where they are not included.</returns>
    /// <exception cref="ModelFileException">The file is damaged, or no file of tensors; the network is unchanged.</exception>
    /// <exception cref="WeightsException">With <paramref name="strict"/>, a tensor is missing, unexpected or misshapen; the network is unchanged.</exception>
    /// <exception cref="ArgumentException">Without <paramref name="includeClassifiers"/>, the model does not say which layers they are; the network is unchanged.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static WeightsReport LoadTorchWeights(this MultiHeadModel model, string path, bool strict = true, bool includeClassifiers = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var state = StateDict.Open(path);
        return Load(model, state, state.Tensors.Keys, path, strict, includeClassifiers);
    }

    /// <summary>
    /// Writes the parameters and buffers as a state dict that <c>torch.load(path, weights_only=True)</c> reads, whole or not at all; a network of
    /// <see cref="GoogLeNetSpec.TorchVision"/> fits torchvision's <c>googlenet</c>. Class names and preprocessing are not in it: <see cref="MultiHeadModel.SaveWeights"/> keeps them.
    /// </summary>
    /// <param name="model">The network.</param>
    /// <param name="path">The file; one that exists is replaced, and stays as it was where writing fails.</param>
    /// <exception cref="ObjectDisposedException">The network was disposed.</exception>
    /// <exception cref="NotSupportedException">The weights take 4 GiB or more.</exception>
    /// <exception cref="IOException">The disk is full, or the folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void SaveTorchWeights(this MultiHeadModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(path);
        ObjectDisposedException.ThrowIf(!model.parameters().Any(), model);
        AtomicFile.Write(path, stream => StateDictWriter.Write(stream, model.State()));
    }

    /// <summary>A network of a spec with the tensors of a file, all of which must fit.</summary>
    internal static GoogLeNet Build(GoogLeNetSpec spec, int numClasses, StateDict state, string path) => NetworkWeights.Filled(
        GoogLeNet.WithoutWeights(numClasses, spec), model => Load(model, state, state.Tensors.Keys, path, strict: true, includeClassifiers: true));

    /// <summary>The classes that the network of a file tells apart.</summary>
    /// <exception cref="ModelFileException">The file has no classifier that fits the spec.</exception>
    internal static int ClassesOf(StateDict state, GoogLeNetSpec spec, string path)
    {
        const string Classifier = $"{GoogLeNetSpec.ClassifierKey}.weight";
        var inputs = NetworkState.Shapes(new ModelDescription(NumClasses: 1, spec))[Classifier][1];
        return state.Tensors.GetValueOrDefault(Classifier)?.Shape is [> 0 and <= int.MaxValue and var classes, var found] && found == inputs ? (int)classes
            : throw new ModelFileException(path, $"it is not of torchvision's googlenet: it has no classifier '{Classifier}' of {inputs:N0} inputs; its tensors are "
                + $"{string.Join(", ", state.Tensors.Keys.Take(4))} …. For another network, build it and read the file with LoadTorchWeights");
    }

    /// <summary>Copies tensors of a file into a network.</summary>
    /// <param name="model">The network.</param>
    /// <param name="state">The file.</param>
    /// <param name="keys">Those of its tensors that count.</param>
    /// <param name="path">Its name.</param>
    /// <param name="strict">Whether all must fit.</param>
    /// <param name="includeClassifiers">Whether the heads' last layers are among them.</param>
    internal static WeightsReport Load(MultiHeadModel model, StateDict state, IEnumerable<string> keys, string path, bool strict, bool includeClassifiers)
    {
        var own = model.State();
        var report = NetworkWeights.Compare(model, keys.ToDictionary(key => key, key => state.Tensors[key].Form), own, path, strict, includeClassifiers);
        state.CopyTo(report.Loaded.ToDictionary(key => key, key => own[key]));
        if (includeClassifiers)
        {
            // Fitted to other weights.
            (model.Temperature, model.MinimumConfidence) = (1, 0);
        }

        return report;
    }
}
