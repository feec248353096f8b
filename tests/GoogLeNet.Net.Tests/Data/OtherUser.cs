using System.Runtime.InteropServices;

namespace Inception.Tests.Data;

/// <summary>Lets code meet Linux's file permissions though the tests run as root.</summary>
internal static partial class OtherUser
{
    private const uint Nobody = 65534;

    /// <summary>Runs it on a thread whose file accesses are nobody's.</summary>
    public static T Run<T>(Func<T> action)
    {
        // LongRunning: a thread of its own, so that no other work runs as nobody.
        return Task.Factory.StartNew(
            () =>
            {
                _ = SetFileUser(Nobody);
                return action();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).GetAwaiter().GetResult();
    }

    // Of this thread alone; leaving root takes its right to read everything.
    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileUser(uint user);
}
