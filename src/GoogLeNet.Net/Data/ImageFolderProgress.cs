namespace Inception.Data;

/// <summary>How far the reading of a folder is.</summary>
/// <param name="Read">Files done, those passed over included.</param>
/// <param name="Total">Files in all.</param>
public readonly record struct ImageFolderProgress(int Read, int Total);
