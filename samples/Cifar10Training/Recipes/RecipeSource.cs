using System.Text.Json;
using System.Text.Json.Nodes;
using Cifar10Training.Commands;

namespace Cifar10Training.Recipes;

/// <summary>Finds what <c>--recipe</c> names.</summary>
internal static class RecipeSource
{
    /// <summary>A built-in recipe by name, letter case ignored, or the recipe in a JSON file.</summary>
    /// <exception cref="UsageException">There is no such recipe or file, or the file does not hold a recipe.</exception>
    public static Recipe Find(string nameOrFile)
    {
        if (BuiltInRecipes.All.FirstOrDefault(recipe => recipe.Name.Equals(nameOrFile, StringComparison.OrdinalIgnoreCase)) is { } builtIn)
        {
            return builtIn;
        }

        if (!nameOrFile.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !File.Exists(nameOrFile))
        {
            throw new UsageException(
                $"There is no recipe '{nameOrFile}'; the recipes are {string.Join(", ", BuiltInRecipes.Names)}, or the path of a JSON file.");
        }

        return Read(nameOrFile);
    }

    private static Recipe Read(string file)
    {
        try
        {
            var text = File.ReadAllText(file);

            // A run's config.json holds the recipe that it ran.
            return JsonNode.Parse(text) is JsonObject run && run["recipe"] is JsonObject recipe ? Recipe.Parse(recipe.ToJsonString()) : Recipe.Parse(text);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The recipe {file} cannot be used: {Failure.OneLine(e.Message)}");
        }
    }
}
