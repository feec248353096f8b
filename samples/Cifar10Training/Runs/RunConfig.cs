using System.Text.Json;
using System.Text.Json.Serialization;
using Cifar10Training.Recipes;
using Inception;

namespace Cifar10Training.Runs;

/// <summary>What <c>config.json</c> holds: all that is needed to run the same again, and on what it ran.</summary>
/// <param name="Recipe">The recipe with everything the command line changed.</param>
/// <param name="Device">cpu, cuda or cuda:i.</param>
/// <param name="Data">Folder of the images; "synthetic" for drawn ones; null for the cache.</param>
/// <param name="Started">When this run, or its newest continuation, began.</param>
/// <param name="Machine">What it runs on.</param>
internal sealed record RunConfig(Recipe Recipe, string Device, string? Data, DateTimeOffset Started, MachineFacts Machine)
{
    /// <summary>The data set's name in results: synthetic, cifar-10 or pictures.</summary>
    [JsonIgnore]
    public string DataName => Recipe.PictureSize is not null ? "pictures" : IsSynthetic ? CifarImages.Synthetic : "cifar-10";

    /// <summary>The data set's name in titles.</summary>
    [JsonIgnore]
    public string DataTitle => Recipe.PictureSize is not null ? "a folder of pictures" : IsSynthetic ? "synthetic images" : "CIFAR-10";

    private bool IsSynthetic => Data == CifarImages.Synthetic;

    public string ToJson() => JsonSerializer.Serialize(this, SpecJson.Options);

    /// <exception cref="JsonException">The text is not that of a run's configuration.</exception>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public static RunConfig Parse(string json)
    {
        var config = JsonSerializer.Deserialize<RunConfig>(json, SpecJson.Options);
        return config is { Recipe: not null, Device: not null, Machine: not null } ? config : throw new JsonException("A part is missing.");
    }
}
