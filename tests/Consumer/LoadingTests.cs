using System.Buffers.Binary;
using FluentAssertions;
using Inception.Tests;
using Xunit;

namespace Consumer;

/// <summary>What a program sees where TorchSharp's native libraries load, are helped to load, or do not load.</summary>
[Collection(SecondFeed.Name)]
public sealed class LoadingTests(FirstUse program, TemporaryFeed feed) : IClassFixture<FirstUse>
{
    private const string Refusal = "TorchNotLoadedException: TorchSharp does not load: ";
    private const string NotFromMemory = "from memory False";
    private static readonly byte[] HashOfVersion = [0x42, 0xF8, 0x97, 0x02];

    [OlderLinuxFact]
    public async Task On_an_older_system_a_copy_in_memory_is_loaded()
    {
        var folder = program.Copy();
        program.AddLibtorch(folder);

        (await FirstUse.RunAsync(folder, [])).Should().Equal("made", "from memory True");
    }

    [OlderLinuxFact]
    public async Task Where_that_is_turned_off_one_line_names_the_missing_version()
    {
        var folder = program.Copy("off");
        program.AddLibtorch(folder);

        var lines = await FirstUse.RunAsync(folder, []);

        lines.Should().HaveCount(2).And.HaveElementAt(1, NotFromMemory);
        lines[0].Should().StartWith(Refusal + "libLibTorchSharp.so needs GLIBCXX_3.4.32").And.Contain("TorchSharpOnOlderLinux=false");
    }

    [LinuxFact]
    public async Task Where_the_library_loads_by_itself_nothing_is_done()
    {
        var folder = program.Copy();
        program.AddLibtorch(folder);

        // As a TorchSharp that does not insist on the version would be. Behind the version's hash its flags follow.
        var bytes = await File.ReadAllBytesAsync(FirstUse.TorchSharp(folder));
        var at = bytes.AsSpan().IndexOf(HashOfVersion);
        if (at > 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at + 4), 2);
            await File.WriteAllBytesAsync(FirstUse.TorchSharp(folder), bytes);
        }

        (await FirstUse.RunAsync(folder, [])).Should().Equal("made", NotFromMemory);
    }

    [LinuxFact]
    public async Task A_startup_hook_of_the_users_own_runs_too()
    {
        var (fromEnvironment, fromProject) = (program.Copy(), program.Copy("hook"));
        program.AddLibtorch(fromEnvironment);
        program.AddLibtorch(fromProject);

        var lines = await FirstUse.RunAsync(fromEnvironment, new() { ["DOTNET_STARTUP_HOOKS"] = Path.Combine(fromEnvironment, "FirstUse.dll") });
        lines[..2].Should().Equal("the user's hook", "made");

        lines = await FirstUse.RunAsync(fromProject, []);
        lines[..2].Should().Equal("the user's hook", "made");
        // Without the property the program would run too, for the library is what it uses first.
        (await File.ReadAllTextAsync(program.RuntimeConfig("hook"))).Should().Contain("\"STARTUP_HOOKS\": \"FirstUse:GoogLeNet.Net\"");
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_native_package_one_line_names_those_that_there_are(bool isAnotherProjects)
    {
        var empty = feed.NewFolder("no packages");
        Dictionary<string, string> environment = new() { ["NUGET_PACKAGES"] = isAnotherProjects ? PackageCache.Folder : empty };

        var lines = await FirstUse.RunAsync(program.Copy(), environment);

        lines.Should().HaveCount(2).And.HaveElementAt(1, NotFromMemory);
        lines[0].Should().StartWith(Refusal + "no libtorch lies beside the program").And.Contain("TorchSharp-cpu").And.Contain("TorchSharp-cuda-linux");
        PackageCache.Files().Should().Equal(feed.CacheBefore);
    }

    [LinuxTheory]
    [InlineData("text", "libtorch_cpu.so is damaged")]
    [InlineData("nothing", "libtorch_cpu.so is damaged")]
    [InlineData("cut off", "libtorch_cpu.so is damaged")]
    [InlineData("for Arm64", "libtorch_cpu.so is made for another processor")]
    [InlineData("for 32 bits", "libtorch_cpu.so is made for another processor")]
    public async Task A_libtorch_that_is_none_is_said_to_be_so_in_one_line(string content, string cause)
    {
        var folder = program.Copy();
        var library = await File.ReadAllBytesAsync(FirstUse.TorchSharp(folder));
        await File.WriteAllBytesAsync(Path.Combine(folder, "libtorch_cpu.so"), content switch
        {
            "text" => [.. "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"u8],
            "nothing" => [],
            "cut off" => library[..(library.Length / 2)],
            "for Arm64" => [.. library[..0x12], 183, 0, .. library[0x14..]],
            _ => [.. library[..4], 1, .. library[5..]],
        });

        var lines = await FirstUse.RunAsync(folder, []);

        lines.Should().HaveCount(2).And.HaveElementAt(1, NotFromMemory);
        lines[0].Should().StartWith(Refusal + cause);
    }

    [OlderLinuxFact]
    public async Task A_part_of_libtorch_that_is_missing_is_named_and_never_taken_from_the_system()
    {
        var folder = program.Copy();
        program.AddLibtorch(folder);
        File.Delete(Path.Combine(Path.GetDirectoryName(FirstUse.TorchSharp(folder))!, "libtorch.so"));

        var lines = await FirstUse.RunAsync(folder, []);

        lines.Should().HaveCount(2);
        lines[0].Should().StartWith(Refusal + "libLibTorchSharp.so needs libtorch.so, which does not lie beside it");
    }
}
