namespace Inception.Runtime;

/// <summary>
/// libtorch's threads on Linux are GNU OpenMP's, which spin for milliseconds while they wait and so take the cores from other programs: beside one other busy program a training
/// step on two cores takes 1.3 to 1.7 times as long. With <c>GOMP_SPINCOUNT=2000</c> they spin for microseconds, which costs nothing where the machine is idle.
/// </summary>
internal static class OpenMP
{
    /// <summary>Sets the count before libtorch is loaded, unless the environment has one of its own, or an OMP_WAIT_POLICY.</summary>
    public static void SleepSoon()
    {
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            NativeEnvironment.SetDefault("GOMP_SPINCOUNT", "2000");
        }
    }
}
