using Inception.Evaluation;

namespace Cifar10Training.Evaluation;

/// <summary>What <c>--tta</c> names.</summary>
internal static class TestTimeViews
{
    public const string Default = "none";

    /// <summary>What there is to choose from.</summary>
    public const string Names = "none, flip, crops, ten or paper";

    public static bool IsName(string text) => text is "none" or "flip" or "crops" or "ten" or "paper";

    /// <summary>What is wrong with the text, or null where it is one of the names.</summary>
    public static string? Check(string text) => IsName(text) ? null : $"--tta is '{text}'; it must be {Names}.";

    public static IViews Find(string? name) => name switch
    {
        "flip" => Views.Flip,
        "crops" => new CropsThatFit(),
        "ten" => Views.TenCrops,
        "paper" => Views.PaperCrops,
        _ => Views.Identity,
    };

    // Crops of an image that the network sees pixel for pixel would have to enlarge it first, as no image in training was.
    private sealed record CropsThatFit : IViews
    {
        public IReadOnlyList<View> Create(int height, int width, int size) =>
            size > Math.Min(height, width) ? Views.TenCrops.Create(height, width, size) : Views.Translations(pixels: 1).Create(height, width, size);
    }
}
