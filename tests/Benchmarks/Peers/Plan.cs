namespace Benchmarks.Peers;

/// <summary>The works of each group of races.</summary>
internal static class Plan
{
    public static IReadOnlyList<Work> Of(string group, PeerOptions options) =>
        [.. Full(group).Select(work => (options.Quick ? work with { Batch = Math.Min(work.Batch, work.Kind == "inference" ? 1 : 2), Size = work.Spec == "tutorial" ? work.Size : Math.Min(work.Size, 64) } : work)
            with { Device = options.Device, Threads = options.Threads }).Distinct()];

    private static IEnumerable<Work> Full(string group) => group switch
    {
        "training" => [new Work("training", Batch: 16, Size: 224), new Work("training", Batch: 16, Size: 224, Precision: "bf16")],
        "inference" => [new Work("inference", Batch: 1, Size: 224), new Work("inference", Batch: 32, Size: 224)],
        "scaling" =>
        [
            .. new[] { 16, 64, 256 }.Select(batch => new Work("training", batch, Size: 64)),
            .. new[] { 32, 128, 224 }.Select(size => new Work("training", Batch: 16, size)),
            .. new[] { 0.25, 0.5 }.Select(width => new Work("training", Batch: 16, Size: 128, Width: width)),
        ],

        // The tutorial's exact work, and torchvision's network, in the precision that the hardware is made for.
        "gpu" =>
        [
            new Work("training", Batch: 256, Size: 224, Spec: "tutorial", Precision: "bf16"),
            new Work("training", Batch: 256, Size: 224, Spec: "tutorial"),
            new Work("training", Batch: 256, Size: 224, Precision: "bf16"),
        ],
        _ => throw new ArgumentException($"There is no group '{group}'."),
    };
}
