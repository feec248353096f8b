try
{
    using var model = Inception.GoogLeNet.Create(numClasses: 10, Inception.GoogLeNetSpec.CifarSmall.WithWidth(0.125));
    Console.WriteLine("made");
}
catch (DllNotFoundException e)
{
    Console.WriteLine($"{e.GetType().Name}: {e.Message}");
}

Console.WriteLine($"from memory {File.ReadAllText("/proc/self/maps").Contains("memfd:libLibTorchSharp.so", StringComparison.Ordinal)}");

/// <summary>A hook of the user's own.</summary>
internal static class StartupHook
{
    /// <summary>Called by .NET.</summary>
    public static void Initialize() => Console.WriteLine("the user's hook");
}
