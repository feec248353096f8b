using Inception.Training;

namespace Cifar10Training.Commands;

/// <summary>What <c>--precision</c> takes.</summary>
internal static class PrecisionChoice
{
    public const string Names = "fp32|bf16";

    /// <summary>The number format of that name; null where none was given.</summary>
    public static Precision? Of(string? name) => name switch
    {
        "fp32" => Precision.Float32,
        "bf16" => Precision.BFloat16,
        _ => null,
    };

    /// <summary>The name of a number format.</summary>
    public static string NameOf(Precision precision) => precision == Precision.BFloat16 ? "bf16" : "fp32";

    /// <summary>What is wrong with a name, if anything.</summary>
    public static string? Check(string name) => Of(name) is null ? $"--precision is '{name}'; it must be fp32 or bf16." : null;
}
