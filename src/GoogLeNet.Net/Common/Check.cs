using System.Runtime.CompilerServices;

namespace Inception;

/// <summary>Range checks of public parameters: each returns the value, or throws with a message of name, value and range.</summary>
internal static class Check
{
    public static double Positive(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value > 0 && double.IsFinite(value) ? value : throw Outside(name, value, "a finite number more than 0");

    public static double NotNegative(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= 0 && double.IsFinite(value) ? value : throw Outside(name, value, "a finite number, 0 or more");

    public static double Finite(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) ? value : throw Outside(name, value, "a finite number");

    public static double UnitInterval(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is >= 0 and <= 1 ? value : throw Outside(name, value, "in [0, 1]");

    public static double BelowOne(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is >= 0 and < 1 ? value : throw Outside(name, value, "in [0, 1)");

    public static double Between(double low, double high, double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= low && value <= high ? value : throw Outside(name, value, high == double.MaxValue ? FormattableString.Invariant($"a finite number, {low} or more") : FormattableString.Invariant($"in [{low}, {high}]"));

    public static int AtLeast(int minimum, int value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= minimum ? value : throw Outside(name, value, $"at least {minimum}");

    private static ArgumentOutOfRangeException Outside(string name, object value, string allowed) =>
        new(name, value, FormattableString.Invariant($"{name} is {value}; it must be {allowed}."));
}
