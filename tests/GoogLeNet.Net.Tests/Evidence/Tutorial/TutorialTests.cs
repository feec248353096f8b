using System.Text.Json;
using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evidence.Tutorial;

/// <summary>The tutorial's network against the same one in TensorFlow.js layers, whose numbers generate.mjs wrote into expected.json.</summary>
[Collection(TorchCollection.Name)]
public sealed class TutorialTests
{
    private static readonly Dictionary<int, Case> Cases = Read();

    [Theory]
    [InlineData(224, "the tutorial's size: with stride 2 every padding is asymmetric")]
    [InlineData(122, "61, 31, 16, 8, 4: asymmetric and symmetric paddings in turn")]
    public void The_three_heads_put_out_what_Keras_layers_do(int size, string reason)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = Model(size);

        var output = Forward(model, Cases[size]);

        output.Heads.Select(head => head.Name).Should().Equal(Cases[size].Logits.Keys);
        foreach (var head in output.Heads)
        {
            var error = Arrays.RelativeError(head.Logits.Floats(), Cases[size].Logits[head.Name]);
            error.Should().BeLessThan(1e-4, $"{head.Name}: {reason}");
        }
    }

    [Fact]
    public void Every_parameters_gradient_is_the_one_that_TensorFlow_js_derives()
    {
        using var scope = NewDisposeScope();
        using var model = Model(122);
        using var images = ClosedForm.Images(Cases[122].Count, 122);
        var output = Forward(model, Cases[122]);
        model.Heads.Select(head => head.Weight * nn.functional.cross_entropy(output[head.Name], images.Labels))
            .Aggregate((sum, loss) => sum + loss).backward();

        model.named_parameters().Select(named => named.name).Should().BeEquivalentTo(Cases[122].Gradients.Keys);
        foreach (var (key, parameter) in model.named_parameters())
        {
            var gradient = parameter.grad!.Floats();
            var norm = Math.Sqrt(gradient.Sum(g => (double)g * g));
            var along = gradient.Select((g, i) => g * ClosedForm.Signed($"direction {key}", i)).Sum();
            var expected = Cases[122].Gradients[key];
            norm.Should().BeApproximately(expected[0], 1e-3 * expected[0], key);
            along.Should().BeApproximately(expected[1], 1e-3 * expected[0], key);
        }
    }

    [Fact]
    public void Three_steps_of_the_trainer_lower_the_losses_as_in_TensorFlow_js()
    {
        using var model = Model(122);
        using var images = ClosedForm.Images(Cases[122].Count, 122);
        var options = new TrainerOptions
        {
            Epochs = 4,
            BatchSize = Cases[122].Count,
            Schedule = new StepDecay(0.01, factor: 1, everyEpochs: 1),
            Optimizer = new SgdOptions { Momentum = 0.9, Form = MomentumForm.Keras },
        };

        // An epoch is one step, and its losses are those before the step.
        var history = new MultiHeadTrainer(model, options).Fit(images);

        history.Epochs.Should().HaveSameCount(Cases[122].Losses);
        foreach (var (epoch, expected) in history.Epochs.Zip(Cases[122].Losses))
        {
            epoch.Train.Select(head => head.Head).Should().Equal("main", "aux1", "aux2");
            foreach (var (head, loss) in epoch.Train.Zip(expected))
            {
                head.Loss.Should().BeApproximately(loss, 1e-3 * loss, $"{head.Head} after {epoch.Epoch - 1} steps");
            }
        }
    }

    private static GoogLeNet Model(int size)
    {
        var spec = GoogLeNetSpec.Tutorial;
        var model = GoogLeNet.Create(ClosedForm.Classes, spec with
        {
            InputSize = size,
            Dropout = 0,
            Auxiliaries = [.. spec.Auxiliaries.Select(head => head with { Dropout = 0 })],
        });
        ClosedForm.Fill(model);
        return model;
    }

    private static MultiHeadOutput Forward(GoogLeNet model, Case expected)
    {
        using var images = ClosedForm.Images(expected.Count, expected.Size);
        return model.AllHeads(images.Images.to(ScalarType.Float32).div(255));
    }

    private static Dictionary<int, Case> Read()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(
            Repository.PathOf("tests", "GoogLeNet.Net.Tests", "Evidence", "Tutorial", "expected.json")));
        return file.RootElement.GetProperty("cases").Deserialize<Case[]>(JsonSerializerOptions.Web)!.ToDictionary(@case => @case.Size);
    }

    /// <summary>What TensorFlow.js computed.</summary>
    /// <param name="Size">Height and width of the input.</param>
    /// <param name="Count">Images in the batch.</param>
    /// <param name="Logits">Of each head, (count, classes).</param>
    /// <param name="Losses">Of the three heads before the first step and after each one.</param>
    /// <param name="Gradients">Of each parameter under the weighted loss: its norm, and its product with a fixed direction.</param>
    private sealed record Case(
        int Size, int Count, Dictionary<string, double[]> Logits, double[][] Losses, Dictionary<string, double[]> Gradients);
}
