using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inception.Training;

/// <summary>A number that says how good an epoch was: a head's loss or accuracy, or one of <see cref="TrainerOptions.Metrics"/>.</summary>
/// <example><c>WatchedMetric.Loss with { Head = "aux1" }</c>, <c>new WatchedMetric("macroRecall")</c>.</example>
[JsonConverter(typeof(WatchedMetricConverter))]
public sealed record WatchedMetric
{
    private const string LossName = "loss";
    private const string AccuracyName = "accuracy";
    private const string TopKName = "topKAccuracy";

    /// <summary>Names a metric.</summary>
    /// <param name="name"><c>accuracy</c>, <c>loss</c>, <c>topKAccuracy</c>, or the name of one of the run's own metrics.</param>
    /// <param name="head">The head; null for the main one.</param>
    /// <param name="lowerIsBetter">Whether less is better; always so for <c>loss</c>.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public WatchedMetric(string name, string? head = null, bool lowerIsBetter = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        (Name, Head, LowerIsBetter) = (name, head, lowerIsBetter || name == LossName);
    }

    /// <summary>Fraction of images that the main head classifies right; more is better.</summary>
    public static WatchedMetric Accuracy { get; } = new(AccuracyName);

    /// <summary>Mean loss of the main head; less is better.</summary>
    public static WatchedMetric Loss { get; } = new(LossName);

    /// <summary>Fraction of images whose class is among the main head's <see cref="TrainerOptions.TopK"/> most probable; more is better.</summary>
    public static WatchedMetric TopKAccuracy { get; } = new(TopKName);

    /// <summary>The metric's name.</summary>
    public string Name { get; }

    /// <summary>The head; null for the main one.</summary>
    public string? Head { get; init; }

    /// <summary>Whether less is better.</summary>
    public bool LowerIsBetter { get; }

    /// <summary>The head, if one is given, and the metric: <c>aux1-loss</c>, <c>macroRecall</c>.</summary>
    public override string ToString() => Head is null ? Name : $"{Head}-{Name}";

    /// <summary>Whether heads are measured by a metric of that name, whatever the options.</summary>
    internal static bool IsBuiltIn(string name) => name is LossName or AccuracyName or TopKName;

    /// <summary>The number in an epoch's metrics.</summary>
    /// <exception cref="ArgumentException">There is no such head, or it was not measured.</exception>
    internal double Of(IReadOnlyList<HeadMetrics> heads)
    {
        var head = Head is null ? heads[0] : heads.FirstOrDefault(each => each.Head == Head);
        return Name switch
        {
            LossName => head?.Loss,
            AccuracyName => head?.Accuracy,
            TopKName => head?.TopKAccuracy,
            _ => head?.Custom is { } custom && custom.TryGetValue(Name, out var value) ? value : null,
        } ?? throw new ArgumentException($"The metric '{this}' was not measured.");
    }
}

/// <summary>A metric of the main head is written as its name, any other as an object.</summary>
internal sealed class WatchedMetricConverter : JsonConverter<WatchedMetric>
{
    public override WatchedMetric Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new WatchedMetric(reader.GetString()!);
        }

        var form = JsonSerializer.Deserialize(ref reader, options.Of<Form>())!;
        return new WatchedMetric(form.Name, form.Head, form.LowerIsBetter);
    }

    public override void Write(Utf8JsonWriter writer, WatchedMetric value, JsonSerializerOptions options)
    {
        if (value == new WatchedMetric(value.Name))
        {
            writer.WriteStringValue(value.Name);
        }
        else
        {
            JsonSerializer.Serialize(writer, new Form(value.Name, value.Head, value.LowerIsBetter), options.Of<Form>());
        }
    }

    internal sealed record Form(string Name, string? Head = null, bool LowerIsBetter = false);
}
