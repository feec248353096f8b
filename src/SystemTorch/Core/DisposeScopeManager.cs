namespace TorchSharp;

/// <summary>The stack of open scopes of one thread.</summary>
internal sealed class DisposeScopeManager
{
    [ThreadStatic]
    private static DisposeScopeManager? ofThread;

    public static DisposeScopeManager OfThread => ofThread ??= new();

    public DisposeScope? CurrentDisposeScope { get; private set; }

    public DisposeScope Open() => CurrentDisposeScope = new DisposeScope(this);

    /// <summary>Registers a new tensor with the innermost scope.</summary>
    /// <returns>The scope; null where none is open.</returns>
    public DisposeScope? Register(torch.Tensor tensor)
    {
        CurrentDisposeScope?.Add(tensor);
        return CurrentDisposeScope;
    }

    /// <summary>Takes a scope out of the stack, wherever it is.</summary>
    public void Remove(DisposeScope scope)
    {
        if (CurrentDisposeScope == scope)
        {
            CurrentDisposeScope = scope.OuterScope;
            return;
        }
        for (var inner = CurrentDisposeScope; inner is not null; inner = inner.OuterScope)
        {
            if (inner.OuterScope != scope)
            {
                continue;
            }

            inner.OuterScope = scope.OuterScope;
            return;
        }
    }
}

public static partial class torch
{
    /// <summary>Opens a scope, which owns the tensors that this thread makes until it is disposed.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.OfThread.Open();
}
