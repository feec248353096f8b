using System.Net;
using System.Text.Json;
using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Weights;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>The running service, and the predictor on TorchSharp that its answers are held against.</summary>
public sealed class WebClassifierService : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private SampleProcess? process;

    /// <summary>The program, in the sample's folder beside the other build outputs of the same configuration.</summary>
    public static string Program { get; } = ProgramPath();

    public string Model => folder["flowers.safetensors"];

    /// <summary>The service's folder for temporary files.</summary>
    public string Temporary => folder["temporary"];

    internal HttpClient Client { get; } = new();

    internal Predictor Predictor { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        using (var network = GoogLeNet.Create(7, GoogLeNetSpec.CifarSmall.WithWidth(0.125), seed: 3).WithTrainedNorms())
        {
            network.ClassNames = ["rose", "tulip", "<b>&\"", "</script>", "Gänseblümchen", "a b", "daisy"];
            network.SetPreprocessing(new Preprocessing([new Normalize([125.3, 122.9, 113.8], [62.9, 62.0, 66.7])], 32));
            network.SaveWeights(Model);
        }

        Predictor = Predictor.Load(Model);
        Directory.CreateDirectory(Temporary);
        process = SampleProcess.StartProgram(Program, [Model, "--urls", "http://127.0.0.1:0"], ("TMPDIR", Temporary), ("DOTNET_EnableDiagnostics", "0"));
        var line = await process.WaitForLineAsync("flowers.safetensors: 7 classes");
        Client.BaseAddress = new Uri(line.Split(' ')[^1]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        process?.Dispose();
        Client.Dispose();
        Predictor?.Dispose();
        folder.Dispose();
    }

    internal async Task<Answer> AskAsync(HttpContent content)
    {
        using (content)
        {
            using var response = await Client.PostAsync("/classify", content);
            return await Answer.ReadAsync(response);
        }
    }

    internal void ShouldBeRight(Answer answer, byte[] file, string because)
    {
        var expected = Predictor.Classify(file, top: 5);
        answer.Predictions.Select(guess => guess.ClassName).Should().Equal(expected.Select(guess => guess.ClassName), because);
        answer.Predictions.Select(guess => guess.Probability).Should().Equal(expected.Select(guess => guess.Probability), (a, b) => Math.Abs(a - b) < 1e-5, because);
        answer.Milliseconds.Should().BePositive();
    }

    private static string ProgramPath()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Repository.PathOf("samples", "WebClassifier", "bin", output.Parent!.Name, output.Name, "web-classifier");
    }
}

/// <summary>What the service says.</summary>
internal sealed record Answer(IReadOnlyList<Guess> Predictions, double Milliseconds)
{
    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var json = await response.Content.ReadAsStringAsync();
        response.StatusCode.Should().Be(HttpStatusCode.OK, json);
        return JsonSerializer.Deserialize<Answer>(json, JsonSerializerOptions.Web)!;
    }
}

internal sealed record Guess(string ClassName, double Probability);
