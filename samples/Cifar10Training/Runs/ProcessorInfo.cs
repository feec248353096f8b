namespace Cifar10Training.Runs;

/// <summary>The processor as Linux describes it; elsewhere what .NET knows.</summary>
internal static class ProcessorInfo
{
    private const string File = "/proc/cpuinfo";

    /// <summary>Physical cores, no more than this process may use: two hyperthreads of one core only get in each other's way.</summary>
    public static int Cores()
    {
        var physical = Lines().Where(line => line.Key is "physical id" or "core id").Select(line => line.Value)
            .Chunk(2).Select(pair => string.Join('/', pair)).Distinct().Count();
        return physical == 0 ? Environment.ProcessorCount : Math.Min(physical, Environment.ProcessorCount);
    }

    /// <summary>For example <c>AMD EPYC 7763 64-Core Processor</c>.</summary>
    public static string Name() => Lines().Where(line => line.Key == "model name").Select(line => line.Value).FirstOrDefault("unknown processor");

    private static IEnumerable<(string Key, string Value)> Lines() =>
        System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2).Select(parts => (parts[0].Trim(), parts[1].Trim()))
            : [];
}
