using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Reads a folder's images on every core.</summary>
internal sealed class FolderReader(FolderContent content, ImageFolderOptions options, ILogger logger, IProgress<ImageFolderProgress>? progress)
{
    private int done;

    /// <summary>Writes image i to <paramref name="images"/>[i], which is uint8 (N, 3, height, width).</summary>
    /// <returns>Numbers of the images that could be read, ascending: all of them unless damaged ones may be passed over.</returns>
    /// <exception cref="DatasetException">Files cannot be read; the message names the first.</exception>
    public long[] ReadInto(Tensor images, int width, int height, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentDictionary<int, DatasetException>();
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, content.Files.Count, parallel, (i, loop) =>
        {
            try
            {
                using var scope = NewDisposeScope();
                ImageResize.Fit(ImageFile.Load(content.Files[i]), width, height, options.Fit, images.select(0, i).bytes);
            }
            catch (DatasetException e)
            {
                failures[i] = e;
                if (!options.SkipDamaged)
                {
                    loop.Break(); // images before this one are still read, so that the first failure is always the same
                }
            }

            progress?.Report(new ImageFolderProgress(Interlocked.Increment(ref done), content.Files.Count));
        });
        return Kept(failures);
    }

    private long[] Kept(ConcurrentDictionary<int, DatasetException> failures)
    {
        var inOrder = failures.OrderBy(failure => failure.Key).Select(failure => failure.Value).ToList();
        if (inOrder.Count > 0 && !options.SkipDamaged)
        {
            throw new DatasetException($"{inOrder[0].Message} Remove or replace the file, or set ImageFolderOptions.SkipDamaged to go on without it.", inOrder[0]);
        }

        foreach (var failure in inOrder)
        {
            DataLog.PassedOver(logger, failure.Message);
        }

        return [.. Enumerable.Range(0, content.Files.Count).Where(i => !failures.ContainsKey(i)).Select(i => (long)i)];
    }
}
