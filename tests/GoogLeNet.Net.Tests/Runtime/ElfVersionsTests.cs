using System.Buffers.Binary;
using System.Text;
using FluentAssertions;
using Inception.Runtime;
using Xunit;

namespace Inception.Tests.Runtime;

/// <summary>The one number that lets TorchSharp's library load on an older Linux. Which that is, is known from `objdump -p`: hash 0x0297f842, version 18.</summary>
public sealed class ElfVersionsTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";
    private const ushort Number = 18;

    private static readonly byte[] Hash = [0x42, 0xF8, 0x97, 0x02];
    private static readonly byte[] Library = OperatingSystem.IsLinux() ? File.ReadAllBytes(NativeFiles.Find("libLibTorchSharp.so")!) : [];

    [ElfFact]
    public void In_TorchSharps_library_one_number_changes_and_nothing_else()
    {
        var relaxed = Library.ToArray();

        ElfVersions.Relax(relaxed, Version, Symbol).Should().BeTrue();

        var entry = Library.AsSpan().IndexOf(Hash);
        Library.AsSpan((entry + 4)..).IndexOf(Hash).Should().Be(-1);
        Differences(relaxed).Should().Equal(entry + 4);
        BinaryPrimitives.ReadUInt16LittleEndian(relaxed.AsSpan(entry + 4)).Should().Be(2, "VER_FLG_WEAK of the LSB");
    }

    [ElfFact]
    public void A_library_that_does_not_need_the_version_stays_as_it_is()
    {
        Refused(Library, "GLIBCXX_3.4.33", Symbol);
        Refused(File.ReadAllBytes(NativeFiles.Find("libc10.so")!), Version, Symbol);

        var relaxed = Library.ToArray();
        ElfVersions.Relax(relaxed, Version, Symbol);
        Refused(relaxed, Version, Symbol);
    }

    [ElfFact]
    public void Where_another_symbol_has_the_version_it_is_really_needed()
    {
        Refused(Library, Version, "another");

        var second = Library.ToArray();
        var versions = Section(second, type: 0x6fffffff);
        BinaryPrimitives.WriteUInt16LittleEndian(second.AsSpan(versions + 2), Number);
        Refused(second, Version, Symbol);

        // As a symbol that the library does not give to others.
        BinaryPrimitives.WriteUInt16LittleEndian(second.AsSpan(versions + 2), Number | 0x8000);
        Refused(second, Version, Symbol);
    }

    [Fact]
    public void What_is_no_library_is_refused()
    {
        Refused([], Version, Symbol);
        Refused("\u007fELF\u0002\u0001"u8.ToArray(), Version, Symbol);
        Refused([.. "\u007fELF\u0002\u0001"u8, .. new byte[1000]], Version, Symbol);
        Refused(Encoding.ASCII.GetBytes(new string('x', 1000)), Version, Symbol);

        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(5000)];
            random.NextBytes(bytes);
            "\u007fELF\u0002\u0001"u8[..Math.Min(6, bytes.Length)].CopyTo(bytes);
            Refused(bytes, Version, Symbol);
        }
    }

    [ElfFact]
    public void A_file_that_was_cut_off_is_refused()
    {
        var random = new Random(2);
        var tableEnd = (int)BinaryPrimitives.ReadUInt64LittleEndian(Library.AsSpan(0x28)) + (64 * BinaryPrimitives.ReadUInt16LittleEndian(Library.AsSpan(0x3c)));
        foreach (var length in Enumerable.Range(0, 200).Concat(Enumerable.Range(0, 300).Select(_ => random.Next(tableEnd))))
        {
            var bytes = Library[..length];
            ElfVersions.Relax(bytes, Version, Symbol);
            bytes.AsSpan().SequenceEqual(Library.AsSpan(0, length)).Should().Be(!ElfVersions.Relax(Library[..length], Version, Symbol));
        }

        Refused(Library[..(Library.Length / 2)], Version, Symbol);
    }

    [ElfFact]
    public void Damage_never_throws_and_never_changes_more_than_the_one_number()
    {
        var random = new Random(1);
        int[] structures = [0, (int)BinaryPrimitives.ReadUInt64LittleEndian(Library.AsSpan(0x28)), Section(Library, 0x6ffffffe), Section(Library, 0x6fffffff), Section(Library, 11)];
        var (bytes, damaged) = (Library.ToArray(), new byte[Library.Length]);
        for (var i = 0; i < 2000; i++)
        {
            // Half of them where the structures lie that are read, half anywhere.
            var places = Enumerable.Range(0, random.Next(1, 9))
                .Select(_ => i % 2 == 0 ? random.Next(bytes.Length) : Math.Min(structures[random.Next(structures.Length)] + random.Next(2000), bytes.Length - 1)).ToArray();
            foreach (var place in places)
            {
                bytes[place] = (byte)(random.Next(3) switch { 0 => 0, 1 => 255, _ => random.Next(256) });
            }

            bytes.CopyTo(damaged, 0);
            var isRelaxed = ElfVersions.Relax(bytes, Version, Symbol);
            var changed = bytes.AsSpan().CommonPrefixLength(damaged);
            if (changed < bytes.Length)
            {
                isRelaxed.Should().BeTrue();
                damaged.AsSpan(changed, 2).ToArray().Should().Equal(0, 0);
                bytes.AsSpan(changed, 2).ToArray().Should().Equal(2, 0);
                bytes.AsSpan(changed + 2).SequenceEqual(damaged.AsSpan(changed + 2)).Should().BeTrue();
                bytes[changed] = 0;
            }

            foreach (var place in places)
            {
                bytes[place] = Library[place];
            }
        }

        Differences(bytes).Should().BeEmpty();
    }

    private static void Refused(byte[] bytes, string version, string symbol)
    {
        var before = bytes.ToArray();
        ElfVersions.Relax(bytes, version, symbol).Should().BeFalse();
        bytes.AsSpan().SequenceEqual(before).Should().BeTrue();
    }

    private static IEnumerable<int> Differences(byte[] bytes) => Enumerable.Range(0, Library.Length).Where(i => bytes[i] != Library[i]);

    // Where the first section of a type begins.
    private static int Section(byte[] bytes, uint type)
    {
        for (var header = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(0x28)); ; header += 64)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(header + 4)) == type)
            {
                return (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(header + 0x18));
            }
        }
    }

    private sealed class ElfFactAttribute : FactAttribute
    {
        public ElfFactAttribute() => Skip = !OperatingSystem.IsLinux() ? "TorchSharp's library is an ELF file on Linux alone"
            : Needs() ? null : "this TorchSharp does not need GLIBCXX_3.4.32";

        private static bool Needs() => NativeFiles.Find("libLibTorchSharp.so") is { } path && File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Version + '\0')) >= 0;
    }
}
