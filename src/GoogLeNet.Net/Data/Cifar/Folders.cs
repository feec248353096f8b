namespace Inception.Data;

internal static class Folders
{
    /// <summary>Deletes the folder with all it holds, if it is there.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
