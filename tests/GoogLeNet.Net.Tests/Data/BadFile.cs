namespace Inception.Tests.Data;

/// <summary>A record file gone wrong in one of the ways that happen.</summary>
internal static class BadFile
{
    public static readonly string[] Kinds = ["truncated", "extended", "label", "swapped", "flipped"];

    /// <summary>Damages that file of the folder and returns what a message about it must say.</summary>
    public static string Make(FakeCifar fake, string folder, int file, string kind)
    {
        var path = Path.Combine(folder, FakeCifar.Names[file]);
        var bytes = (byte[])fake.Files[file].Clone();
        switch (kind)
        {
            case "truncated":
                File.WriteAllBytes(path, bytes[..^3073]);
                return "has 58,387 bytes; a CIFAR-10 file has 61,460: it is truncated.";
            case "extended":
                File.WriteAllBytes(path, [.. bytes, 0]);
                return "has 61,461 bytes; a CIFAR-10 file has 61,460: it is too long.";
            case "label":
                bytes[7 * 3073] = 10;
                File.WriteAllBytes(path, bytes);
                return "is damaged: the label at byte 21,511 is 10; 0 to 9 expected.";
            case "swapped":
                var other = (file + 1) % 6;
                File.WriteAllBytes(path, fake.Files[other]);
                return $"has SHA-256 {FakeCifar.Sum(fake.Files[other])}; {FakeCifar.Sum(bytes)} expected: it is {FakeCifar.Names[other]} under another name.";
            default:
                bytes[1 + (977 * (file + 1))] ^= (byte)(1 << file);
                File.WriteAllBytes(path, bytes);
                return $"has SHA-256 {FakeCifar.Sum(bytes)}; {FakeCifar.Sum(fake.Files[file])} expected: it is damaged or has been changed.";
        }
    }
}
