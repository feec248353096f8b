using System.Globalization;
using System.Text.Json;
using Cifar10Training.Commands;
using Cifar10Training.Recipes;
using Inception.Training;

namespace Cifar10Training.Runs;

/// <summary>Continues a run from its folder: <c>config.json</c> says what it was, a checkpoint how far it came.</summary>
internal static class ResumedRun
{
    /// <summary>
    /// The plan of the run to continue. The recipe is the stored one; device and data may be given anew. With a checkpoint file and another
    /// <c>--out</c> the run goes on in that new folder, and the old one stays as it is.
    /// </summary>
    /// <exception cref="UsageException">There is no such run or checkpoint, or an argument contradicts the run's recipe.</exception>
    public static RunPlan Plan(TrainArguments arguments)
    {
        var given = arguments.ResumeFile;
        var source = given is null ? arguments.Out ?? throw new UsageException("--resume needs the run's folder (--out DIR) or a checkpoint (--resume FILE).")
            : Directory.Exists(given) ? given : Path.GetDirectoryName(Path.GetFullPath(given))!;
        var checkpoint = given != source ? given : null;
        checkpoint ??= CheckpointFiles.Furthest(source)
            ?? throw new UsageException($"There is no checkpoint in {source} to resume from.");
        if (!File.Exists(checkpoint))
        {
            throw new UsageException($"There is no checkpoint {checkpoint} to resume from.");
        }

        var config = ReadConfig(Path.Combine(source, RunFolder.ConfigName));
        RefuseContradictions(arguments, config.Recipe, source);
        var folder = arguments.Out ?? source;
        if (Path.GetFullPath(folder) != Path.GetFullPath(source))
        {
            RunFolder.RefuseIfTaken(folder);
        }

        var recipe = arguments.Epochs is { } epochs ? config.Recipe with { Trainer = config.Recipe.Trainer with { Epochs = epochs } } : config.Recipe;
        return new RunPlan(recipe, DeviceChoice.Resolve(arguments.Device ?? config.Device), folder, arguments.Data ?? config.Data, checkpoint);
    }

    private static RunConfig ReadConfig(string path)
    {
        try
        {
            return RunConfig.Parse(File.ReadAllText(path));
        }
        catch (FileNotFoundException)
        {
            throw new UsageException($"There is no {path}, which says what run the checkpoint belongs to.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new UsageException($"{path} cannot be used: {Failure.OneLine(e.Message)}");
        }
    }

    private static void RefuseContradictions(TrainArguments given, Recipe recipe, string folder)
    {
        (string Option, string? Given, string Stored)[] pairs =
        [
            ("--recipe", given.Recipe is { } name ? RecipeSource.Find(name).Name : null, recipe.Name),
            ("--batch", given.Batch?.ToString(), recipe.Trainer.BatchSize.ToString()),
            ("--limit", given.Limit?.ToString(), recipe.Limit?.ToString() ?? "none"),
            ("--precision", given.Precision is { } format ? PrecisionChoice.NameOf(format) : null, PrecisionChoice.NameOf(recipe.Trainer.Precision)),
            ("--lr", given.LearningRate?.ToString(CultureInfo.InvariantCulture), "the recipe's schedule"),
            ("--seed", given.Seed?.ToString(), recipe.Trainer.Seed.ToString()),
        ];
        foreach (var (option, value, stored) in pairs)
        {
            if (value is not null && value != stored)
            {
                throw new UsageException($"{option} {value} contradicts the run in {folder} ({stored}); a resumed run keeps its recipe.");
            }
        }
    }
}
