using FluentAssertions;
using Xunit;

namespace Inception.Tests;

/// <summary>
/// PublicApi.txt is the public surface of the library's two assemblies, line by line: a change of it is seen in review. UPDATE_PUBLIC_API=1 writes it anew; a line that goes or
/// changes breaks users (docs/contributing.md).
/// </summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_one_that_was_approved()
    {
        var path = Repository.PathOf("tests", "GoogLeNet.Net.Tests", "PublicApi.txt");
        string[] actual = [.. SurfaceFormatter.Lines(typeof(GoogLeNet).Assembly), .. SurfaceFormatter.Lines(typeof(GoogLeNetSpec).Assembly)];
        if (Environment.GetEnvironmentVariable("UPDATE_PUBLIC_API") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        var approved = File.ReadAllLines(path);

        actual.Except(approved).Should().BeEmpty("what is new must be approved");
        approved.Except(actual).Should().BeEmpty("what is gone breaks users");
    }
}
