using System.Globalization;
using Cifar10Training.Commands;
using Cifar10Training.Recipes;
using Inception.Training;
using TorchSharp;

namespace Cifar10Training.Runs;

/// <summary>What a run will do, decided before anything long starts.</summary>
/// <param name="Recipe">The recipe with everything the command line changes.</param>
/// <param name="Device">cpu, cuda or cuda:i; it exists.</param>
/// <param name="Folder">Where the run's files go.</param>
/// <param name="Data">Folder of the images; "synthetic" for drawn ones; null for the cache or a download.</param>
/// <param name="Checkpoint">The file to continue from; null for a new run.</param>
/// <param name="Collective">The processes that train together; null for this one alone.</param>
internal sealed record RunPlan(Recipe Recipe, string Device, string Folder, string? Data = null, string? Checkpoint = null, Collective? Collective = null)
{
    /// <summary>The plan that the arguments ask for.</summary>
    /// <exception cref="UsageException">The arguments contradict each other or name something that does not exist.</exception>
    /// <exception cref="RunException">The device is not there.</exception>
    public static RunPlan From(TrainArguments arguments, Collective? collective = null)
    {
        var plan = From(arguments);
        return plan with { Device = DeviceChoice.OfProcess(plan.Device, collective?.LocalRank ?? 0), Collective = collective };
    }

    private static RunPlan From(TrainArguments arguments)
    {
        if (arguments.Resume)
        {
            return ResumedRun.Plan(arguments);
        }

        var device = DeviceChoice.Resolve(arguments.Device);
        var recipe = (arguments.Recipe is { } name ? RecipeSource.Find(name) : BuiltInRecipes.DefaultOn(device)).With(arguments).On(torch.device(device));
        return new RunPlan(recipe, device, arguments.Out ?? DefaultFolder(recipe.Name), arguments.Data);
    }

    private static string DefaultFolder(string recipe)
    {
        var name = string.Concat(recipe.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        var path = Path.Combine("runs", string.Create(CultureInfo.InvariantCulture, $"{name}-{DateTime.Now:yyyyMMdd-HHmmss}"));
        return Directory.Exists(path) ? $"{path}-{Environment.ProcessId}" : path;
    }
}
