using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>
/// Puts modules into evaluation mode; disposing it puts each of their parts back into the mode that it had. Of several threads that use a module at once,
/// the first changes the mode and the last changes it back.
/// </summary>
internal sealed class EvaluationMode : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly ConditionalWeakTable<nn.Module, Use> InUse = [];

    private readonly IReadOnlyList<nn.Module> roots;

    public EvaluationMode(IReadOnlyList<nn.Module> roots)
    {
        this.roots = roots;
        lock (Gate)
        {
            foreach (var root in roots)
            {
                InUse.GetOrCreateValue(root).Enter(root);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            foreach (var root in roots)
            {
                InUse.GetOrCreateValue(root).Leave();
            }
        }
    }

    /// <summary>How many use a module, and the modes of its parts before the first did.</summary>
    private sealed class Use
    {
        private int users;
        private List<(nn.Module Module, bool Training)> before = [];

        public void Enter(nn.Module root)
        {
            if (users++ > 0)
            {
                return;
            }

            before = [.. root.modules().Prepend(root).Select(module => (module, module.training))];
            if (before.Exists(part => part.Training))
            {
                root.eval();
            }
        }

        public void Leave()
        {
            if (--users > 0)
            {
                return;
            }

            if (before.Exists(part => part.Training))
            {
                // Setting a module's mode sets its parts' too; parts come later in the list.
                foreach (var (module, training) in before)
                {
                    module.train(training);
                }
            }

            before = [];
        }
    }
}
