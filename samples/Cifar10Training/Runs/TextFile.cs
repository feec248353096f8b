namespace Cifar10Training.Runs;

/// <summary>Text files that a reader, or a crash, never finds half-written.</summary>
internal static class TextFile
{
    /// <summary>Writes a temporary file beside <paramref name="path"/>, flushes it to the disk and renames it over <paramref name="path"/>.</summary>
    public static void Replace(string path, string text)
    {
        var temporary = $"{path}.tmp";
        try
        {
            using (var stream = File.Create(temporary))
            {
                stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
