namespace Inception.Graph;

/// <summary>Counts who uses something at the moment, so that it is freed when it is disposed and the last use has ended, never under a running one.</summary>
/// <param name="free">Frees it.</param>
internal sealed class UseCount(Action free)
{
    // One more until it is disposed.
    private int users = 1;
    private int isDisposed;

    /// <summary>Begins a use.</summary>
    /// <param name="owner">What the exception names.</param>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Enter(object owner)
    {
        while (true)
        {
            var now = Volatile.Read(ref users);
            ObjectDisposedException.ThrowIf(Volatile.Read(ref isDisposed) != 0 || now == 0, owner);
            if (Interlocked.CompareExchange(ref users, now + 1, now) == now)
            {
                return;
            }
        }
    }

    /// <summary>Ends a use.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref users) == 0)
        {
            free();
        }
    }

    /// <summary>No more uses may begin.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0)
        {
            Leave();
        }
    }
}
