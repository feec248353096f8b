using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Inception.Kernels;
using Inception.Training;
using TorchSharp;

namespace Inception.Tests.Kernels;

/// <summary>This assembly as a program that multiplies two matrices with the instructions that its environment leaves it.</summary>
internal static unsafe class ProductProcess
{
    public const string Argument = "product";
    public const int Rows = 8;
    public const int Depth = 37;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>(8, 37).</summary>
    public static float[] A { get; } = [.. Enumerable.Range(0, Rows * Depth).Select(i => MathF.Sin(3 * i) + 0.01f)];

    /// <summary>(37, 32).</summary>
    public static float[] B { get; } = [.. Enumerable.Range(0, Depth * GemmMicroKernel.NR).Select(i => MathF.Cos(5 * i) - 0.02f)];

    /// <summary>Prints which instructions there are, and the bits of A · B + A · B, the second A read by columns.</summary>
    public static int Run()
    {
        var transposed = new float[A.Length];
        for (var i = 0; i < A.Length; i++)
        {
            transposed[(i % Depth * Rows) + (i / Depth)] = A[i];
        }

        var c = new float[Rows * GemmMicroKernel.NR];
        fixed (float* a = A, byColumns = transposed, b = B, to = c)
        {
            GemmMicroKernel.Multiply(Rows, Depth, a, Depth, 1, b, GemmMicroKernel.NR, to, adds: false);
            GemmMicroKernel.Multiply(Rows, Depth, byColumns, 1, Rows, b, GemmMicroKernel.NR, to, adds: true);
        }

        Console.WriteLine(Avx512F.IsSupported);
        Console.WriteLine(Fma.IsSupported);
        Console.WriteLine(Convert.ToHexString(MemoryMarshal.AsBytes<float>(c)));
        Console.WriteLine(Precision.Float32.IsAcceleratedOn(torch.CPU));
        Console.WriteLine(Precision.BFloat16.IsAcceleratedOn(torch.CPU));
        return 0;
    }

    /// <summary>Starts it without some of the processor's instructions.</summary>
    /// <param name="switches">Variables of .NET's that switch instructions off.</param>
    public static ProductResult Start(params string[] switches)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        var start = new ProcessStartInfo(host, [typeof(ProductProcess).Assembly.Location, Argument]) { RedirectStandardOutput = true };
        foreach (var name in switches)
        {
            start.Environment[name] = "0";
        }

        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEndAsync().WaitAsync(Patience).GetAwaiter().GetResult().Split('\n');
        return new(bool.Parse(lines[0]), bool.Parse(lines[1]), MemoryMarshal.Cast<byte, float>(Convert.FromHexString(lines[2].Trim())).ToArray(), bool.Parse(lines[3]), bool.Parse(lines[4]));
    }
}

/// <summary>What the program printed.</summary>
internal sealed record ProductResult(bool HasAvx512, bool HasFma, float[] C, bool IsFloat32Fast, bool IsBFloat16Fast);
