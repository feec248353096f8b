using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>Puts modules into evaluation mode, and each of their parts back into the mode that it was in when disposed.</summary>
internal sealed class EvaluationMode : IDisposable
{
    private readonly List<(nn.Module Module, bool Training)> before;

    public EvaluationMode(IReadOnlyList<nn.Module> roots)
    {
        before = [.. roots.SelectMany(root => root.modules().Prepend(root)).Select(module => (module, module.training))];
        foreach (var root in roots)
        {
            root.eval();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A module's mode is passed on to its parts, which come after it and so have the last word.
        foreach (var (module, training) in before)
        {
            module.train(training);
        }
    }
}
