using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Cifar10Training.Commands;

/// <summary>Options whose errors name the value given and the values allowed.</summary>
internal static class Values
{
    /// <summary>An option that takes a whole number in a range.</summary>
    public static Option<int?> Whole(string name, string description, int minimum, int maximum = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum)
            {
                return value;
            }

            argument.AddError($"{name} is '{text}'; it must be a whole number {Range(minimum, maximum)}.");
            return null;
        },
    };

    /// <summary>An option that takes a number more than 0.</summary>
    public static Option<double?> Positive(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value))
            {
                return value;
            }

            argument.AddError($"{name} is '{text}'; it must be a number more than 0.");
            return null;
        },
    };

    /// <summary>An option that takes text; <paramref name="check"/> returns what is wrong with it, or null.</summary>
    public static Option<string?> Text(string name, string helpName, string description, Func<string, string?>? check = null) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = argument => Checked(argument, text => string.IsNullOrWhiteSpace(text) ? $"{name} is empty." : check?.Invoke(text)),
    };

    private static string? Checked(ArgumentResult argument, Func<string, string?> check)
    {
        var text = argument.Tokens.Count == 0 ? null : argument.Tokens[0].Value;
        if (text is not null && check(text) is { } error)
        {
            argument.AddError(error);
        }

        return text;
    }

    private static string Range(int minimum, int maximum) => (minimum, maximum) switch
    {
        (int.MinValue, int.MaxValue) => "that fits 32 bits",
        (_, int.MaxValue) => $"of at least {minimum}",
        _ => string.Create(CultureInfo.InvariantCulture, $"from {minimum:N0} to {maximum:N0}"),
    };
}
