namespace Inception;

/// <summary>How pictures become a network's input, as files keep it: networks know no data.</summary>
/// <param name="ToJson">Gives what a file holds; asked where a file is written.</param>
/// <param name="Value">The same as an object, where it did not come from a file.</param>
internal sealed record StoredPreprocessing(Func<string> ToJson, object? Value = null);
