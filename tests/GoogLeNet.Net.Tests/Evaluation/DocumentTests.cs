using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Xunit;

namespace Inception.Tests.Evaluation;

public sealed class DocumentTests
{
    [Fact]
    public void The_example_is_the_one_that_is_compiled_here()
    {
        var document = File.ReadAllText(Repository.PathOf("docs", "evaluation.md"));
        var example = document.Split("```csharp\n")[1].Split("```")[0];
        var compiled = Lines(File.ReadAllText(Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Evaluation", "DocumentTests.cs")));

        Lines(example).Should().BeSubsetOf(compiled);
    }

    internal static async Task Example()
    {
        using var cifar = await Cifar10.LoadAsync();
        var member = EnsembleMember.Load("runs/cpu/best.safetensors");      // the network, and what its training did to validation images
        using var network = member.Model.Module;

        var predictor = new Predictor([member], new FlipViews());           // several members make an ensemble
        var result = new Evaluator(predictor).Evaluate(cifar.Test);

        Console.WriteLine($"{result.Accuracy:P2}, top {result.TopK} {result.TopKAccuracy:P2}, calibration error {result.Calibration.ExpectedError:P2}");
        foreach (var row in result.Confusion.Classes)
        {
            Console.WriteLine($"{row.Name,-12} precision {row.Precision:P1}  recall {row.Recall:P1}");
        }
    }

    private static IEnumerable<string> Lines(string text) => text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);
}
