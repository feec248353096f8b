using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Labeled picture files, decoded on every core when they are asked for.</summary>
/// <param name="content">The files and their classes.</param>
/// <param name="shape">The images that they become.</param>
/// <param name="options">How.</param>
/// <param name="damaged">Files that are known to be damaged; shared by all parts of a folder.</param>
/// <param name="logger">Warned of every file that is passed over, once.</param>
internal sealed class FolderPictures(FolderContent content, ImageShape shape, ImageFolderOptions options, ConcurrentDictionary<string, bool> damaged, ILogger logger)
{
    public FolderContent Content => content;

    public ImageShape Shape => shape;

    /// <summary>Files that were passed over so far.</summary>
    public int Skipped => damaged.Count;

    /// <summary>Hash of the classes, the images' shape and fit, and every file's class, path below the folder and length; what the pictures show is not read.</summary>
    public string Fingerprint()
    {
        var lengths = new long[content.Files.Count];
        OnEveryCore(lengths.Length, i => lengths[i] = LengthOrNone(content.Files[i]), default);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(content.Classes, DataContext.Default.IReadOnlyListString));
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes([lengths.Length, shape.Channels, shape.Height, shape.Width, (int)options.Fit], DataContext.Default.Int64Array));
        for (var i = 0; i < lengths.Length; i++)
        {
            var path = Path.GetRelativePath(content.Folder, content.Files[i]).Replace(Path.DirectorySeparatorChar, '/');
            hash.AppendData(JsonSerializer.SerializeToUtf8Bytes([path], DataContext.Default.IReadOnlyListString));
            hash.AppendData(JsonSerializer.SerializeToUtf8Bytes([content.Labels[i], lengths[i]], DataContext.Default.Int64Array));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Some of the files.</summary>
    public FolderPictures Pick(long[] samples) => new(content.Pick(samples), shape, options, damaged, logger);

    /// <summary>Reads images that are fitted to the shape: uint8 (n, C, H, W). In place of a damaged one stands the next of its class.</summary>
    public Tensor Read(IReadOnlyList<long> indices, CancellationToken cancellationToken)
    {
        var images = empty(indices.Count, shape.Channels, shape.Height, shape.Width, dtype: ScalarType.Byte, device: CPU);
        return ReadInto(images, indices, (path, _, image) => ReadFitted(path, image), cancellationToken);
    }

    /// <summary>Reads windows that are cut from the whole pictures: uint8 (n, C, size, size), channels last in memory.</summary>
    public Tensor ReadCrops(IReadOnlyList<long> indices, ICropTransform crop, BatchContext context, CancellationToken cancellationToken)
    {
        var pixels = empty(indices.Count, crop.Size, crop.Size, shape.Channels, dtype: ScalarType.Byte, device: CPU);
        ReadInto(
            pixels, indices,
            (path, i, image) => ImageFile.ReadCrop(path, (height, width) => CropWindow.Of(crop, context, context.Samples[i], height, width), crop.Size, shape.Channels, image),
            cancellationToken);
        return ChannelsLast.Images(pixels);
    }

    /// <summary>Reads a picture at its own height and width: uint8 (1, C, H, W). In place of a damaged one stands the next of its class.</summary>
    public Tensor ReadWhole(int index)
    {
        using var scope = NewDisposeScope();
        Tensor? picture = null;
        ReadOrNext(index, path => picture = ImageFile.Decode(ImageFile.ReadBytes(path), path, shape.Channels));
        return picture!.unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>Reads every file once: image i to <paramref name="images"/>[i].</summary>
    /// <returns>Indices of the images that could be read, ascending: all of them unless damaged ones may be skipped.</returns>
    /// <exception cref="DatasetException">Files cannot be read; the message names the first.</exception>
    public long[] ReadAll(Tensor images, IProgress<ImageProgress>? progress, CancellationToken cancellationToken)
    {
        var count = content.Files.Count;
        var failures = new ConcurrentDictionary<int, DatasetException>();
        var done = 0;
        OnEveryCore(count, Read, cancellationToken);
        foreach (var failure in failures.OrderBy(failure => failure.Key))
        {
            PassOver(failure.Key, failure.Value);
        }

        return [.. Enumerable.Range(0, count).Where(i => !failures.ContainsKey(i)).Select(i => (long)i)];

        void Read(int i)
        {
            try
            {
                using var scope = NewDisposeScope();
                ReadFitted(content.Files[i], images.select(0, i));
            }
            catch (DatasetException e) when (options.SkipDamaged)
            {
                failures[i] = e;
            }
            catch (DatasetException e)
            {
                throw Refused(e);
            }

            progress?.Report(new ImageProgress(Interlocked.Increment(ref done), count));
        }
    }

    private static long LengthOrNone(string path)
    {
        try
        {
            return Files.LengthOf(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return -1; // reading says more
        }
    }

    private static DatasetException Refused(DatasetException e) =>
        new($"{e.Message} Remove or replace the file, or set ImageFolderOptions.SkipDamaged to go on without it.", e);

    // In ascending order, so that of several errors the first is thrown.
    private static void OnEveryCore(int count, Action<int> work, CancellationToken cancellationToken)
    {
        var (next, failed) = (-1, false);
        var workers = Math.Min(count, Environment.ProcessorCount);
        var errors = new ConcurrentDictionary<int, ExceptionDispatchInfo>();
        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, workers) }, _ =>
        {
            for (int i; !Volatile.Read(ref failed) && !cancellationToken.IsCancellationRequested && (i = Interlocked.Increment(ref next)) < count;)
            {
                try
                {
                    work(i);
                }
                catch (Exception e)
                {
                    errors[i] = ExceptionDispatchInfo.Capture(e);
                    Volatile.Write(ref failed, true);
                }
            }
        });
        if (!errors.IsEmpty)
        {
            errors[errors.Keys.Min()].Throw();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private Tensor ReadInto(Tensor images, IReadOnlyList<long> indices, Action<string, int, Tensor> read, CancellationToken cancellationToken)
    {
        OnEveryCore(indices.Count, Read, cancellationToken);
        return images;

        void Read(int i)
        {
            using var scope = NewDisposeScope();
            ReadOrNext((int)indices[i], path => read(path, i, images.select(0, i)));
        }
    }

    // What stands in depends on the files alone, not on who comes first.
    private void ReadOrNext(int index, Action<string> read)
    {
        for (var at = index; ;)
        {
            try
            {
                if (!damaged.ContainsKey(content.Files[at]))
                {
                    read(content.Files[at]);
                    return;
                }
            }
            catch (DatasetException e) when (options.SkipDamaged)
            {
                PassOver(at, e);
            }
            catch (DatasetException e)
            {
                throw Refused(e);
            }

            do
            {
                at = (at + 1) % content.Files.Count;
            }
            while (content.Labels[at] != content.Labels[index]);
            if (at == index)
            {
                throw content.Unreadable([content.Classes[content.Labels[index]]]);
            }
        }
    }

    private void PassOver(int index, DatasetException reason)
    {
        if (damaged.TryAdd(content.Files[index], true))
        {
            DataLog.PassedOver(logger, reason.Message);
        }
    }

    private void ReadFitted(string path, Tensor image) => image.copy_(ImageFile.ReadFitted(path, shape.Height, shape.Width, options.Fit, shape.Channels));
}
