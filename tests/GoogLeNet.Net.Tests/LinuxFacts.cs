using System.Runtime.InteropServices;
using Xunit;

namespace Inception.Tests;

/// <summary>A test of what Linux's loader does.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = Linux.WhyNot;
}

/// <summary>Tests of what Linux's loader does.</summary>
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = Linux.WhyNot;
}

/// <summary>A test of what happens where TorchSharp's library does not load by itself.</summary>
public sealed class OlderLinuxFactAttribute : FactAttribute
{
    public OlderLinuxFactAttribute() => Skip = Linux.WhyNot ?? (Linux.IsOlder() ? null : "this system's libstdc++ has GLIBCXX_3.4.32, so TorchSharp's library loads by itself");
}

internal static class Linux
{
    public static string? WhyNot => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 ? null : "this is not Linux on x64";

    public static bool IsOlder()
    {
        NativeLibrary.Load("libstdc++.so.6");
        var path = File.ReadLines("/proc/self/maps").First(line => line.Contains("libstdc++.so.6", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];
        return File.ReadAllBytes(path).AsSpan().IndexOf("GLIBCXX_3.4.32\0"u8) < 0;
    }
}
