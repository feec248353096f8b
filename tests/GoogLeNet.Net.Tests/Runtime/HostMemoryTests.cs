using System.Diagnostics;
using System.Runtime.InteropServices;
using FluentAssertions;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Runtime;

/// <summary>What the allocator does with the memory of freed tensors. It does it for the whole process, so nothing else runs beside.</summary>
[Collection(TorchCollection.Name)]
public sealed class HostMemoryTests
{
    private const int Mebibyte = 1 << 20;

    [Fact]
    public void Freed_memory_stays_until_the_last_of_two_leases_ends()
    {
        var first = HostMemory.Keep();
        var second = HostMemory.Keep();
        UseAndFree();
        var kept = Resident();

        first.Dispose();
        first.Dispose();
        var stillKept = Resident();
        second.Dispose();
        var afterwards = Resident();

        stillKept.Should().BeGreaterThan(kept - (100 * Mebibyte), "one lease is left, and a lease ends once");
        afterwards.Should().BeLessThan(kept - (250 * Mebibyte), "384 MiB were freed and nobody keeps them");
    }

    [Fact]
    public void Repeated_use_comes_to_fault_no_pages_in()
    {
        using var memory = HostMemory.Keep();
        for (var i = 0; i < 8; i++)
        {
            UseAndFree();
        }

        var before = PageFaults();

        UseAndFree();

        (PageFaults() - before).Should().BeLessThan(20_000, "384 MiB are 98,304 pages, and all were there already");
    }

    [Fact]
    public void No_block_is_mapped_by_itself_while_memory_is_kept()
    {
        using var memory = HostMemory.Keep();
        using var scope = NewDisposeScope();
        var before = mallinfo2().MappedBlocks;

        ones(12 * Mebibyte);

        mallinfo2().MappedBlocks.Should().Be(before, "48 MiB come from the heap; the usual limits have them mapped, and unmapped when they are freed");
    }

    [Fact]
    public void A_program_can_say_no()
    {
        AppContext.SetSwitch(HostMemory.Switch, false);
        try
        {
            using var memory = HostMemory.Keep();
            using var scope = NewDisposeScope();
            var before = mallinfo2().MappedBlocks;

            ones(200 * Mebibyte); // 800 MiB, more than the heap has left over.

            mallinfo2().MappedBlocks.Should().BeGreaterThan(before, "the allocator's own limits hold");
        }
        finally
        {
            AppContext.SetSwitch(HostMemory.Switch, true);
        }
    }

    // 16 tensors of 24 MiB, every page written.
    private static void UseAndFree()
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < 16; i++)
        {
            ones(6 * Mebibyte);
        }
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    // proc(5): the tenth field of stat, the eighth after the name in brackets.
    private static long PageFaults()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], System.Globalization.CultureInfo.InvariantCulture);
    }

    [DllImport("libc.so.6")]
    private static extern MallocInformation mallinfo2();

    // mallinfo(3): ten numbers, the fourth of which is hblks.
    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private struct MallocInformation
    {
        [FieldOffset(24)]
        public nuint MappedBlocks;
    }
}
