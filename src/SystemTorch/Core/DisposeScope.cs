namespace TorchSharp;

/// <summary>
/// Owns the tensors that its thread makes while it is the innermost scope, and disposes them with itself.
/// A scope belongs to one thread: never <c>await</c> inside one.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    private HashSet<IDisposable> owned = new(ReferenceEqualityComparer.Instance);
    private DisposeScopeManager? manager;

    internal DisposeScope(DisposeScopeManager manager) => (this.manager, OuterScope) = (manager, manager.CurrentDisposeScope);

    internal DisposeScope? OuterScope { get; set; }

    /// <summary>How many tensors the scope owns.</summary>
    /// <exception cref="ObjectDisposedException">The scope is disposed.</exception>
    public int DisposablesCount => Open().Count;

    /// <summary>Whether the scope owns <paramref name="disposable"/>.</summary>
    public bool Contains(IDisposable disposable) => owned.Contains(disposable);

    /// <summary>Gives a tensor to the next outer scope, or to nobody where there is none.</summary>
    /// <returns>The tensor.</returns>
    public T MoveToOuter<T>(T disposable) where T : IDisposable
    {
        Move(OuterScope, disposable);
        return disposable;
    }

    /// <summary>Gives two tensors to the next outer scope, or to nobody where there is none.</summary>
    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second));

    /// <summary>Gives three tensors to the next outer scope, or to nobody where there is none.</summary>
    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable => (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    /// <summary>Gives tensors to the next outer scope, or to nobody where there is none.</summary>
    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    /// <summary>Gives tensors to the next outer scope, or to nobody where there is none.</summary>
    public void MoveToOuter(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
        {
            Move(OuterScope, disposable);
        }
    }

    /// <summary>Lets go of a tensor, which nobody owns afterwards.</summary>
    /// <returns>The tensor.</returns>
    public T Detach<T>(T disposable) where T : IDisposable
    {
        Move(null, disposable);
        return disposable;
    }

    /// <summary>Lets go of tensors, which nobody owns afterwards.</summary>
    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    /// <summary>Lets go of tensors, which nobody owns afterwards.</summary>
    public void Detach(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
        {
            Move(null, disposable);
        }
    }

    /// <summary>Disposes what the scope owns; the scope stays open.</summary>
    public void DisposeEverything() => DisposeEverythingBut([]);

    /// <summary>Disposes what the scope owns, except <paramref name="inKeep"/>; the scope stays open.</summary>
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var old = Open();
        owned = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        foreach (var disposable in old)
        {
            if (!owned.Contains(disposable))
            {
                disposable.Dispose();
            }
        }
    }

    /// <summary>Disposes what the scope owns, except <paramref name="keep"/>; the scope stays open.</summary>
    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    /// <summary>Disposes what the scope owns, except <paramref name="keep"/>; the scope stays open.</summary>
    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut([keep]);
        return keep;
    }

    /// <summary>Disposes what the scope owns and closes it.</summary>
    public void Dispose()
    {
        if (manager is null)
        {
            return;
        }

        DisposeEverything();
        manager.Remove(this);
        manager = null;
    }

    internal void Add(torch.Tensor tensor) => owned.Add(tensor);

    internal void Attach(torch.Tensor tensor)
    {
        Open();
        if (tensor.OwningDisposeScope == this)
        {
            return;
        }

        owned.Add(tensor);
        tensor.OwningDisposeScope?.owned.Remove(tensor);
        tensor.OwningDisposeScope = this;
    }

    /// <summary>Forgets a tensor that is being disposed.</summary>
    internal void Forget(torch.Tensor tensor)
    {
        Open().Remove(tensor);
        tensor.OwningDisposeScope = null;
    }

    /// <summary>Puts <paramref name="replacement"/> where <paramref name="original"/> was owned, if anywhere.</summary>
    internal static void Replace(torch.Tensor original, torch.Tensor replacement)
    {
        if (original.OwningDisposeScope is not { } scope || !scope.owned.Remove(original))
        {
            return;
        }

        original.OwningDisposeScope = null;
        scope.Attach(replacement);
    }

    internal void Move(DisposeScope? scope, IDisposable disposable)
    {
        if (!Open().Remove(disposable))
        {
            return;
        }

        var tensor = (torch.Tensor)disposable;
        tensor.OwningDisposeScope = null;
        scope?.Attach(tensor);
    }

    private HashSet<IDisposable> Open() => manager is not null ? owned : throw new ObjectDisposedException(GetType().FullName);
}
