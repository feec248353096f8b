using System.Diagnostics;
using Cifar10Training.Display;
using FluentAssertions;
using Inception.Data;
using Xunit;

namespace Inception.Tests.Samples;

/// <summary>What a log shows of a download.</summary>
public sealed class PlainDisplayTests
{
    [Fact]
    public async Task Lines_of_a_download_come_no_more_often_than_every_two_seconds()
    {
        using var output = new StringWriter();
        var clock = Stopwatch.StartNew();

        await new PlainDisplay(output).LoadAsync(progress =>
        {
            for (var i = 0; i <= 100; i++)
            {
                progress.Report(new DownloadProgress("archive", i * 1_000, 100_000));
            }

            return Task.FromResult(0);
        });

        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.Should().BeLessThanOrEqualTo((int)(clock.Elapsed.TotalSeconds / 2), "ten tenths of it have come at once");
    }
}
