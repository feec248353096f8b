using System.Runtime.InteropServices;

namespace Inception.Kernels;

/// <summary>
/// Filters packed for <see cref="GemmMicroKernel"/>: panels (taps · C, 32) of 32 filters, one after the other, the last one of each group filled up with zeros. A group's
/// outputs go to one place.
/// </summary>
internal sealed unsafe class PackedFilters : IDisposable
{
    private const int NR = GemmMicroKernel.NR;
    private const int CacheLine = 64;

    private float* memory;

    /// <summary>Packs filters.</summary>
    /// <param name="weight">(K, C, kernel, kernel), K of all groups together.</param>
    /// <param name="bias">(K).</param>
    /// <param name="inputs">C.</param>
    /// <param name="kernel">Height and width of a filter.</param>
    /// <param name="groups">Filters of each group; they add up to K.</param>
    public PackedFilters(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int inputs, int kernel, ReadOnlySpan<int> groups)
    {
        (Inputs, Kernel, Depth) = (inputs, kernel, kernel * kernel * inputs);
        var panels = new List<Panel>();
        for (int group = 0, first = 0; group < groups.Length; first += groups[group], group++)
        {
            for (var channel = 0; channel < groups[group]; channel += NR)
            {
                panels.Add(new(group, channel, Math.Min(NR, groups[group] - channel), first + channel));
            }
        }

        Panels = [.. panels];
        var size = (nuint)Panels.Length * (nuint)(Depth + 1) * NR * sizeof(float);
        memory = (float*)NativeMemory.AlignedAlloc(size, CacheLine);
        NativeMemory.Clear(memory, size);
        for (var panel = 0; panel < Panels.Length; panel++)
        {
            var (columns, first) = (Panels[panel].Columns, Panels[panel].FirstFilter);
            float* b = Filters(panel), biases = Biases(panel);
            for (var k = 0; k < columns; k++)
            {
                biases[k] = bias[first + k];
                var filter = weight.Slice((first + k) * Depth, Depth);
                for (var c = 0; c < inputs; c++)
                {
                    for (var tap = 0; tap < kernel * kernel; tap++)
                    {
                        b[((((nint)tap * inputs) + c) * NR) + k] = filter[(c * kernel * kernel) + tap];
                    }
                }
            }
        }
    }

    /// <summary>Frees the memory.</summary>
    ~PackedFilters() => Free();

    /// <summary>Channels of the input.</summary>
    public int Inputs { get; }

    /// <summary>Height and width of a filter.</summary>
    public int Kernel { get; }

    /// <summary>Taps · channels of the input.</summary>
    public int Depth { get; }

    /// <summary>The panels in order.</summary>
    public Panel[] Panels { get; }

    /// <summary>A panel's filters, (taps · C, 32).</summary>
    public float* Filters(int panel) => memory + ((nint)panel * (Depth + 1) * NR);

    /// <summary>A panel's biases, (32).</summary>
    public float* Biases(int panel) => Filters(panel) + ((nint)Depth * NR);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }

    /// <summary>Up to 32 filters.</summary>
    /// <param name="Group">The group that they belong to.</param>
    /// <param name="FirstChannel">The first one's channel in the group's output.</param>
    /// <param name="Columns">How many.</param>
    /// <param name="FirstFilter">The first one's number among all.</param>
    internal readonly record struct Panel(int Group, int FirstChannel, int Columns, int FirstFilter);
}
