using System.Text.Json.Serialization;

namespace WebClassifier;

/// <summary>What a picture shows.</summary>
/// <param name="Predictions">The most probable classes, five where there are as many, the most probable first.</param>
/// <param name="Milliseconds">Decoding and classifying; not the upload, and not the wait for a processor.</param>
internal sealed record Labels(IReadOnlyList<Label> Predictions, double Milliseconds);

/// <summary>A class that the picture may belong to.</summary>
/// <param name="ClassName">Its name, as the model file has it: text, not HTML.</param>
/// <param name="Probability">In [0, 1].</param>
internal sealed record Label(string ClassName, double Probability);

/// <summary>Why there is no answer, as a sentence.</summary>
internal sealed record Refusal(string Error);

/// <summary>That the service is ready, and what it serves.</summary>
/// <param name="Model">Name of the model file.</param>
/// <param name="Network">Name of the network in it.</param>
/// <param name="Classes">How many classes it tells apart.</param>
/// <param name="Version">That of GoogLeNet.Net.Inference.</param>
internal sealed record Health(string Model, string Network, int Classes, string Version);

/// <summary>A request that cannot be answered; the message is for whoever sent it.</summary>
internal sealed class RefusedException(int status, string message) : Exception(message)
{
    /// <summary>HTTP's status code.</summary>
    public int Status { get; } = status;
}

/// <summary>The answers as JSON, by code that is generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Labels))]
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(Health))]
internal sealed partial class AnswersJson : JsonSerializerContext;
