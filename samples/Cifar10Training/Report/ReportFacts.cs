using System.Globalization;
using System.Text;
using System.Text.Json;
using Inception;
using Inception.Training;
using static System.Net.WebUtility;

namespace Cifar10Training.Report;

/// <summary>How the network was trained, and on what machine.</summary>
internal static class ReportFacts
{
    public static string Write(RunReport report)
    {
        var (recipe, machine) = (report.Config.Recipe, report.Config.Machine);
        var (trainer, images) = (recipe.Trainer, report.TrainImages.ToString("N0", CultureInfo.InvariantCulture));
        return List("Training",
            ("data", report.Config.DataTitle),
            ("images", recipe.Limit is null ? images : $"{images}, all classes alike"),
            ("epochs", $"{trainer.Epochs}"),
            ("batch size", $"{trainer.BatchSize}"),
            ("learning rate", Words(trainer.Schedule)),
            ("optimizer", Optimizer(trainer.Optimizer)),
            ("label smoothing", trainer.LabelSmoothing.ToString(CultureInfo.InvariantCulture)),
            ("transforms", trainer.TrainTransforms is { } transforms ? string.Join(" → ", transforms.Select(transform => Words(transform))) : "what the network needs"),
            ("heads", string.Join(", ", recipe.Spec.Auxiliaries.Select(head => string.Create(CultureInfo.InvariantCulture, $"{head.Name} after {head.After}, weight {head.Weight}")).Prepend("main"))),
            ("seed", $"{trainer.Seed}"))
            + List("Machine",
                ("device", report.Config.Device),
                ("processor", $"{machine.Processor}, {machine.Threads} of {machine.Cores} cores"),
                ("TorchSharp", machine.TorchSharp),
                ("libtorch", machine.Libtorch),
                ("GoogLeNet.Net", machine.Library),
                ("runtime", machine.DotNet),
                ("system", machine.OperatingSystem));
    }

    private static string List(string title, params ReadOnlySpan<(string Name, string Value)> facts)
    {
        var list = new StringBuilder($"<div><h2>{title}</h2><dl>\n");
        foreach (var (name, value) in facts)
        {
            list.Append(CultureInfo.InvariantCulture, $"<dt>{HtmlEncode(name)}</dt><dd>{HtmlEncode(value)}</dd>\n");
        }

        return list.Append("</dl></div>\n").ToString();
    }

    private static string Optimizer(OptimizerOptions optimizer) => optimizer switch
    {
        SgdOptions sgd => string.Create(CultureInfo.InvariantCulture,
            $"SGD, {(sgd.Nesterov ? "Nesterov " : "")}momentum {sgd.Momentum} ({sgd.Form}'s form), {(sgd.DecoupledWeightDecay ? "decoupled " : "")}weight decay {sgd.WeightDecay}"),
        AdamWOptions adam => string.Create(CultureInfo.InvariantCulture,
            $"AdamW, β₁ {adam.Beta1}, β₂ {adam.Beta2}, ε {adam.Epsilon}, weight decay {adam.WeightDecay}"),
        var other => other.ToString(),
    };

    // {"schedule":"triangular","peak":0.1} → triangular (peak 0.1)
    private static string Words<T>(T value)
    {
        var fields = JsonSerializer.SerializeToElement(value, SpecJson.Options).EnumerateObject().ToList();
        var name = Spaced(fields[0].Value.GetString()!);
        var settings = string.Join(", ", fields.Skip(1).Select(Setting).OfType<string>());
        return settings.Length == 0 ? name : $"{name} ({settings})";
    }

    private static string? Setting(JsonProperty field) => field.Value.ValueKind switch
    {
        JsonValueKind.False => null,
        JsonValueKind.True => Spaced(field.Name),
        JsonValueKind.Array => $"{Spaced(field.Name)} {string.Join(" / ", field.Value.EnumerateArray())}",
        _ => $"{Spaced(field.Name)} {field.Value}",
    };

    private static string Spaced(string camelCase) =>
        string.Concat(camelCase.Select(c => char.IsAsciiLetterUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));
}
