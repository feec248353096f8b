using System.Globalization;

namespace Benchmarks.Peers;

/// <summary>What <c>benchmarks peers</c> is told.</summary>
internal sealed record PeerOptions
{
    public static readonly string[] Groups = ["training", "inference", "scaling", "gpu"];
    public static readonly string[] AllPeers = ["torchsharp", "pytorch", "onnx"];

    /// <summary>Which races to hold. Default all but gpu.</summary>
    public IReadOnlyList<string> Chosen { get; init; } = ["training", "inference", "scaling"];

    /// <summary>Whom to race against. Default all.</summary>
    public IReadOnlyList<string> Peers { get; init; } = AllPeers;

    public string Device { get; init; } = "cpu";

    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Measured blocks of each contender.</summary>
    public int Repetitions { get; init; } = 9;

    /// <summary>Small work and few repetitions: shows that everything runs.</summary>
    public bool Quick { get; init; }

    /// <summary>File that the table is written to, too; null for none.</summary>
    public string? Markdown { get; init; }

    /// <exception cref="ArgumentException">An argument is unknown or no number.</exception>
    public static PeerOptions Parse(IReadOnlyList<string> args)
    {
        var options = new PeerOptions();
        var chosen = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            string Next() => ++i < args.Count ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value.");
            int Number() => int.TryParse(Next(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n
                : throw new ArgumentException($"{args[i - 1]} is '{args[i]}'; it must be a whole number of at least 1.");
            options = args[i] switch
            {
                "--peers" => options with { Peers = PeersOf(Next()) },
                "--device" => options with { Device = Next() },
                "--threads" => options with { Threads = Number() },
                "--repetitions" => options with { Repetitions = Number() },
                "--markdown" => options with { Markdown = Next() },
                "--quick" => options with { Quick = true, Repetitions = 3 },
                "all" => options,
                var group when Groups.Contains(group) => Choose(group),
                var unknown => throw new ArgumentException($"'{unknown}' is no race and no option; the races are {string.Join(", ", Groups)}."),
            };

            PeerOptions Choose(string group)
            {
                chosen.Add(group);
                return options;
            }
        }

        return chosen.Count > 0 ? options with { Chosen = chosen } : options;
    }

    // One or more, with commas between them.
    private static string[] PeersOf(string names)
    {
        var chosen = names.Split(',', StringSplitOptions.TrimEntries);
        return chosen.FirstOrDefault(name => name != "all" && !AllPeers.Contains(name)) is { } unknown
            ? throw new ArgumentException($"'{unknown}' is no peer; the peers are {string.Join(", ", AllPeers)}, or all.")
            : chosen.Contains("all") ? AllPeers : chosen;
    }
}
