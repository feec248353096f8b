using System.Globalization;
using System.Text;
using Cifar10Training.Runs;

namespace Benchmarks.Peers;

/// <summary>Holds the races and prints one table.</summary>
internal static class PeerBenchmarks
{
    public static void Run(PeerOptions options)
    {
        var table = new StringBuilder();
        var versions = new List<string>();
        foreach (var (group, work) in options.Chosen.SelectMany(group => Plan.Of(group, options).Select(work => (group, work))))
        {
            Console.Error.WriteLine($"{work.Title} …");
            var contenders = Start(group, work, options);
            try
            {
                versions.AddRange(contenders.Select(contender => contender.Versions));
                Rows(table, work, new Race(work, contenders).Run(options.Repetitions, options.Quick));
            }
            catch (InvalidOperationException e)
            {
                table.Append(CultureInfo.InvariantCulture, $"| {work.Title} | {e.Message} | | | | | |\n");
            }
            finally
            {
                contenders.ForEach(contender => contender.Dispose());
            }
        }

        var text = $"{Header(options, versions)}\n{table}";
        Console.WriteLine(text);
        if (options.Markdown is { } file)
        {
            File.WriteAllText(file, text);
        }
    }

    private static List<Contender> Start(string group, Work work, PeerOptions options)
    {
        var contenders = new List<Contender>();
        foreach (var (name, command) in PeerPrograms.For(group, work, options))
        {
            if (Contender.Start(name, command, out var reason) is { } contender)
            {
                contenders.Add(contender);
            }
            else
            {
                Console.Error.WriteLine($"  without {name}: {reason}");
            }
        }

        return contenders;
    }

    private static void Rows(StringBuilder table, Work work, IReadOnlyList<Measurement> results)
    {
        foreach (var result in results)
        {
            var ratio = result == results[0] ? "" : string.Create(CultureInfo.InvariantCulture, $"{results[0].RatioTo(result):F2}×");
            table.Append(CultureInfo.InvariantCulture,
                $"| {(result == results[0] ? work.Title : "")} | {result.Contender} | {result.Median:F1} | ±{100 * result.Spread:F0} % | {1000 * work.Batch / result.Median:F1} | {Memory(result)} | {ratio} |\n");
        }
    }

    private static string Memory(Measurement result) => result.PeakMebibytes > 0 ? result.PeakMebibytes.ToString(CultureInfo.InvariantCulture) : "";

    private static string Header(PeerOptions options, IEnumerable<string> versions)
    {
        string[] settings =
        [
            "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OPENBLAS_THREAD_TIMEOUT", "OPENBLAS_CORETYPE",
            "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES",
        ];
        var environment = settings.Select(name => (name, Value: Environment.GetEnvironmentVariable(name))).Where(pair => pair.Value is not null)
            .Select(pair => $"{pair.name}={pair.Value}");
        return $"""
            {ProcessorInfo.Name()}, {ProcessorInfo.Cores()} cores, {options.Threads} threads; {options.Repetitions} blocks of about 2 s each, in turns; {string.Join(' ', environment)}
            {string.Join("; ", versions.Distinct())}

            | work | who | images/s, median | half range | ms a batch | peak {(options.Device == "cpu" ? "" : "host ")}MiB | ours is |
            |---|---|---:|---:|---:|---:|---:|
            """;
    }
}
