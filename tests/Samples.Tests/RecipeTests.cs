using System.Text.Json;
using System.Text.Json.Nodes;
using Cifar10Training.Commands;
using Cifar10Training.Recipes;
using FluentAssertions;
using Inception.Data;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Samples;

public sealed class RecipeTests
{
    public static TheoryData<string> Names => [.. BuiltInRecipes.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_recipe_survives_the_way_through_JSON(string name)
    {
        var json = RecipeSource.Find(name).ToJson();

        Recipe.Parse(json).ToJson().Should().Be(json);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_number_is_the_approved_one(string name)
    {
        // Written by generate_approved_recipes.py.
        var approved = File.ReadAllText(Repository.PathOf("tests", "Samples.Tests", "Approved", $"{name}.json"));

        Entries(JsonNode.Parse(RecipeSource.Find(name).ToJson())).Should().Equal(Entries(JsonNode.Parse(approved)));
    }

    [Fact]
    public void The_recipe_in_the_documents_is_one()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "recipes.md")).ReplaceLineEndings("\n");
        var json = page.Split("```json\n")[1].Split("\n```")[0];

        var recipe = Recipe.Parse(json);

        recipe.Spec.Should().Be(GoogLeNetSpec.CifarSmall);
        recipe.Trainer.Schedule.Should().Be(new Triangular(0.1));
        recipe.Trainer.TrainTransforms.Should().Equal(new RandomCrop(4), new HorizontalFlip(), new ScaleToUnit());
    }

    [Fact]
    public void The_tutorials_recipe_is_the_tutorials()
    {
        var recipe = RecipeSource.Find("tutorial");

        recipe.Spec.Name.Should().Be("tutorial");
        recipe.Limit.Should().BeNull("it trains on all images");
        recipe.Trainer.Epochs.Should().Be(25);
        recipe.Trainer.BatchSize.Should().Be(256);
        recipe.Trainer.Schedule.Should().Be(new TutorialStepDecay(0.01, 0.96, 8));
        recipe.Trainer.Optimizer.Should().Be(new SgdOptions { Momentum = 0.9, Nesterov = false, WeightDecay = 0, Form = MomentumForm.Keras });
        recipe.Trainer.LabelSmoothing.Should().Be(0);
        recipe.Trainer.TrainTransforms.Should().Equal(new Resize(224), new ScaleToUnit());
        recipe.Trainer.ValidationTransforms.Should().Equal(new Resize(224), new ScaleToUnit());
    }

    [Fact]
    public void The_cpu_recipe_standardises_training_and_test_images_alike()
    {
        var trainer = RecipeSource.Find("cpu").Trainer;

        var standardize = new Normalize([.. Cifar10.Mean], [.. Cifar10.StandardDeviation]);
        trainer.TrainTransforms![^1].Should().Be(standardize);
        trainer.ValidationTransforms.Should().Equal(standardize);
    }

    [Fact]
    public void Names_ignore_letter_case() => RecipeSource.Find("SMOKE").Should().BeSameAs(BuiltInRecipes.Smoke);

    [Fact]
    public void A_preset_may_stand_for_its_spec_in_JSON()
    {
        var json = JsonNode.Parse(BuiltInRecipes.Cpu.ToJson())!;
        json["spec"] = "cifar-fast";

        Recipe.Parse(json.ToJsonString()).ToJson().Should().Be(BuiltInRecipes.Cpu.ToJson(), "a recipe is always written with the whole spec");
    }

    [Fact]
    public void Options_of_the_command_line_come_before_the_recipe()
    {
        var recipe = BuiltInRecipes.Cpu.With(new TrainArguments { Epochs = 2, Batch = 32, Limit = 500, Seed = 3 });

        (recipe.Trainer.Epochs, recipe.Trainer.BatchSize, recipe.Limit, recipe.Trainer.Seed).Should().Be((2, 32, 500, 3));
        recipe.Trainer.Schedule.Should().Be(BuiltInRecipes.Cpu.Trainer.Schedule, "the rest stays");
    }

    [Fact]
    public void The_rate_of_the_command_line_is_the_schedules_highest()
    {
        foreach (var recipe in BuiltInRecipes.All)
        {
            var (before, after) = (recipe.Trainer.Schedule, recipe.With(new TrainArguments { LearningRate = 0.5 }).Trainer.Schedule);

            var steps = Enumerable.Range(0, recipe.Trainer.Epochs * 10).Select(step => new TrainingPosition(step / 10, step % 10, 10, recipe.Trainer.Epochs)).ToList();
            var factor = 0.5 / steps.Max(before.At);
            steps.Max(after.At).Should().BeApproximately(0.5, 1e-3);
            steps.Should().OnlyContain(step => Math.Abs(after.At(step) - (factor * before.At(step))) < 1e-3, recipe.Name);
        }
    }

    [Fact]
    public void A_runs_configuration_is_a_recipe_too()
    {
        using var folder = new TemporaryFolder();
        TinyRun.Execute(folder["run"]);

        RecipeSource.Find(folder["run/config.json"]).ToJson().Should().Be((TinyRun.Recipe with { Threads = 1 }).ToJson());
    }

    [Theory]
    [InlineData(null, "as the processor has it")]
    [InlineData(Precision.Float32, "as the command line says")]
    [InlineData(Precision.BFloat16, "as the command line says")]
    public void The_precision_is_decided_once_and_the_command_line_comes_first(Precision? given, string reason)
    {
        var run = BuiltInRecipes.Cpu.With(new TrainArguments { Precision = given }).On(CPU);

        var fast = Precision.BFloat16.IsAcceleratedOn(CPU) ? Precision.BFloat16 : Precision.Float32;
        run.Trainer.Precision.Should().Be(given ?? fast, reason);
        run.BFloat16WhereFast.Should().BeFalse("what is run says what it is");
        BuiltInRecipes.Smoke.On(CPU).Should().BeSameAs(BuiltInRecipes.Smoke, "it leaves no choice");
    }

    [Theory]
    [InlineData("fp32", Precision.Float32)]
    [InlineData("bf16", Precision.BFloat16)]
    [InlineData(null, null)]
    public void The_names_of_number_formats_are_theirs(string? name, Precision? precision) => PrecisionChoice.Of(name).Should().Be(precision);

    [Theory]
    [InlineData("cpu", "cpu")]
    [InlineData("cuda", "gpu")]
    [InlineData("cuda:1", "gpu")]
    public void Each_device_has_a_recipe_of_its_own(string device, string recipe) => BuiltInRecipes.DefaultOn(device).Name.Should().Be(recipe);

    [Theory]
    [InlineData("""{"name": "x", "spec": "cifar", "trainer": {}, "testViews": "mirror"}""", "none, flip, crops, ten or paper", "no such views")]
    [InlineData("""{"name": "x"}""", "spec", "a part is missing")]
    [InlineData("{", "JSON", "not JSON at all")]
    [InlineData("""{"name": "x", "spec": "alexnet", "trainer": {}}""", "paper, tutorial, torchvision, cifar, cifar-small, cifar-fast", "no such preset")]
    [InlineData("""{"name": "x", "spec": "cifar", "trainer": {"epochs": 0}}""", "at least 1", "a value out of range")]
    [InlineData("""{"name": "x", "spec": "cifar", "trainer": {"epoch": 3}}""", "epoch", "a misspelt field is not ignored")]
    [InlineData("""{"name": "x", "spec": "cifar", "trainer": {}, "limit": 5}""", "10 to 50,000", "too few images for ten classes")]
    public void A_file_that_is_no_recipe_is_refused_in_one_line(string json, string hint, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["recipe.json"], json);

        FluentActions.Invoking(() => RecipeSource.Find(folder["recipe.json"])).Should().Throw<UsageException>(reason)
            .Which.Message.Should().Contain("recipe.json").And.Contain(hint).And.NotContain("\n");
    }

    // A line for each value, by its path.
    private static IEnumerable<string> Entries(JsonNode? node, string path = "$") => node switch
    {
        JsonObject fields => fields.OrderBy(field => field.Key, StringComparer.Ordinal).SelectMany(field => Entries(field.Value, $"{path}.{field.Key}")),
        JsonArray items => items.SelectMany((item, i) => Entries(item, $"{path}[{i}]")).Append($"{path}: {items.Count} items"),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => [FormattableString.Invariant($"{path}: {value.GetValue<double>()}")],
        _ => [$"{path}: {node?.ToString() ?? "null"}"],
    };
}
