using System.Collections.Concurrent;
using System.Text.Json;
using Inception.Graph;
using Inception.Kernels;
using Inception.Pictures;

namespace Inception;

/// <summary>
/// A network for fast inference on a CPU, on plain memory: batch normalization folded into the convolutions, filters packed, branches written where the concatenation wants
/// them, memory planned once, large batches in cache-sized chunks. It needs no native library.
/// </summary>
/// <remarks>Any number of threads may use it at once. An image has the same logits, bit for bit, whatever lies beside it in the batch, up to the choice of the algorithm by
/// the batch's size.</remarks>
public sealed class CompiledNetwork : IDisposable
{
    // Four images of 224×224 in the paper's first convolution, float32: what a core's share of the last cache holds.
    private const long CachedNumbers = 4 * 64 * 112 * 112;
    private const int MaxPlans = 64;
    private const int MaxInputSize = 1 << 14;
    private const int PicturesAtOnce = 32;

    private readonly IReadOnlyList<IReadOnlyList<Step>> levels;
    private readonly IReadOnlyList<Step> steps;
    private readonly FilterMemory filters = new();
    private readonly IReadOnlyList<(string Name, Activation Logits)> heads;
    private readonly ConcurrentDictionary<(int Height, int Width), MemoryPlan> plans = new();
    private readonly ConcurrentBag<NativeBuffer> memories = [];
    private readonly UseCount uses;
    private readonly int minInputSize;
    private Lazy<PicturePreprocessing> preprocessing;

    internal CompiledNetwork(ModelDescription description, IReadOnlyDictionary<string, SafeTensor> tensors, bool withAuxiliaries = false)
    {
        (Spec, NumClasses) = (description.Spec, description.NumClasses);
        minInputSize = Spec.SmallestInputSize()!.Value;
        uses = new(Free);
        preprocessing = new(() => PicturePreprocessing.Parse(null, Spec.InputSize, Spec.InputChannels));
        (steps, heads) = GraphBuilder.Compile(Spec, tensors, withAuxiliaries, filters);
        levels = [.. steps.GroupBy(step => step.Level).OrderBy(level => level.Key).Select(level => level.ToList())];

        // What a head puts out must outlive all steps.
        foreach (var (_, logits) in heads)
        {
            logits.Root.LastLevel = int.MaxValue;
        }
    }

    /// <summary>The network as data.</summary>
    public GoogLeNetSpec Spec { get; }

    /// <summary>Classes that it tells apart.</summary>
    public int NumClasses { get; }

    /// <summary>Name of class k at index k; empty where the file does not hold them.</summary>
    public IReadOnlyList<string> ClassNames { get; private init; } = [];

    /// <summary>What the main head's logits are divided by before softmax gives probabilities; 1 where the file does not hold it.</summary>
    public double Temperature { get; private init; } = 1;

    /// <summary>The probability below which the most probable class is no answer, in [0, 1]; 0 where the file does not hold it.</summary>
    public double MinimumConfidence { get; private init; }

    /// <summary>Names of the heads that it computes, the main one first.</summary>
    public IReadOnlyList<string> Heads => [.. heads.Select(head => head.Name)];

    /// <summary>Compiles the network of a model file: of a checkpoint with averaged weights those, with which its run ends.</summary>
    /// <param name="path">A file that GoogLeNet.Net wrote: weights or a checkpoint.</param>
    /// <param name="withAuxiliaries">Whether the auxiliary heads are computed too.</param>
    /// <exception cref="ModelFileException">The file is damaged, no safetensors file, or does not say which network it holds.</exception>
    /// <exception cref="WeightsException">The file's tensors are not those of the network that it names.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static CompiledNetwork Load(string path, bool withAuxiliaries = false)
    {
        // Each layer's weights are read when the layer is packed; auxiliary heads and a checkpoint's run never are.
        using var stream = SafeTensorsFile.OpenFile(path);
        var file = SafeTensorsFile.Open(stream, path);
        var description = ModelDescription.Read(file, path);
        var tensors = file.FinalTensors().ToDictionary(tensor => tensor.Name);
        NetworkState.Check(description, tensors, path);
        return new(description, tensors, withAuxiliaries)
        {
            ClassNames = file.ClassNames(path, description.NumClasses),
            Temperature = file.Temperature(path),
            MinimumConfidence = file.MinimumConfidence(path),
            preprocessing = new(() => PreprocessingOf(file.Metadata.GetValueOrDefault(WeightsFormat.PreprocessingKey), description.Spec, path)),
        };
    }

    /// <summary>Says what a picture shows: it is resized, cut and normalized as the file says.</summary>
    /// <param name="pixels">
    /// (<paramref name="height"/>, <paramref name="width"/>, channels): red, green and blue of each pixel, or gray where the network takes that, 0 to 255; upright, without alpha.
    /// </param>
    /// <param name="width">Its width in pixels, at least 1.</param>
    /// <param name="height">Its height in pixels, at least 1; together at most 2²⁷ pixels.</param>
    /// <param name="top">How many classes to return, at least 1; all where there are fewer.</param>
    /// <param name="cancellationToken">Ends the work before the network computes.</param>
    /// <returns>The most probable classes, the most probable first; none where that one is below <see cref="MinimumConfidence"/>.</returns>
    /// <exception cref="ArgumentException">A number is out of range, or the pixels' length does not fit; the message says what does.</exception>
    /// <exception cref="ModelFileException">The file's preprocessing has a transform that is not computed here.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public IReadOnlyList<Prediction> Classify(ReadOnlySpan<byte> pixels, int width, int height, int top = 1, CancellationToken cancellationToken = default) =>
        ClassifyMany(pixels, 1, width, height, top, cancellationToken)[0];

    /// <summary>Says what each of several pictures of one size shows.</summary>
    /// <param name="pixels">(<paramref name="count"/>, <paramref name="height"/>, <paramref name="width"/>, channels), 0 to 255.</param>
    /// <param name="count">How many there are, at least 1.</param>
    /// <param name="width">Their width in pixels, at least 1.</param>
    /// <param name="height">Their height in pixels, at least 1.</param>
    /// <param name="top">How many classes to return of each, at least 1; all where there are fewer.</param>
    /// <param name="cancellationToken">Ends the work between two pictures.</param>
    /// <returns>For each picture the most probable classes, the most probable first; none where that one is below <see cref="MinimumConfidence"/>.</returns>
    /// <inheritdoc cref="Classify"/>
    public IReadOnlyList<IReadOnlyList<Prediction>> ClassifyMany(
        ReadOnlySpan<byte> pixels, int count, int width, int height, int top = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        preprocessing.Value.Check(pixels, count, width, height);
        var names = Prediction.Names(ClassNames, NumClasses);
        var results = new List<IReadOnlyList<Prediction>>(count);
        for (var first = 0; first < count; first += PicturesAtOnce)
        {
            var images = preprocessing.Value.Apply(pixels, first, Math.Min(PicturesAtOnce, count - first), height, width, cancellationToken);
            results.AddRange(LogitsOf(images, cancellationToken).Chunk(NumClasses).Select(logits => Prediction.Best(Probabilities(logits), names, top, MinimumConfidence)));
        }

        return results;
    }

    /// <summary>The main head's logits.</summary>
    /// <param name="images">(N, C, H, W), as the network was trained to see them.</param>
    /// <param name="count">N.</param>
    /// <param name="height">H in pixels; the spec's input size when omitted.</param>
    /// <param name="width">W in pixels; as the height when omitted.</param>
    /// <param name="cancellationToken">Ends the work between two chunks of the batch.</param>
    /// <returns>(N, <see cref="NumClasses"/>), before softmax.</returns>
    /// <exception cref="ArgumentException">The images' length or size does not fit; the message says what does.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public float[] Logits(ReadOnlySpan<float> images, int count = 1, int? height = null, int? width = null, CancellationToken cancellationToken = default) =>
        HeadLogits(images, count, height, width, cancellationToken)[0];

    /// <summary>The logits of each of <see cref="Heads"/>.</summary>
    /// <inheritdoc cref="Logits"/>
    public float[][] HeadLogits(ReadOnlySpan<float> images, int count = 1, int? height = null, int? width = null, CancellationToken cancellationToken = default)
    {
        var (h, w) = (height ?? Spec.InputSize, width ?? height ?? Spec.InputSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(h, MaxInputSize, nameof(height));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(w, MaxInputSize, nameof(width));
        if (h < minInputSize || w < minInputSize)
        {
            throw new ArgumentException($"Images of {h}×{w} pixels are too small: '{Spec.Name}' takes {minInputSize} pixels at least.", h < minInputSize ? nameof(height) : nameof(width));
        }

        if (images.Length != (long)count * Spec.InputChannels * h * w)
        {
            throw new ArgumentException(
                $"{count} images of {Spec.InputChannels}×{h}×{w} are {(long)count * Spec.InputChannels * h * w} numbers; there are {images.Length}.", nameof(images));
        }

        return NativeBuffer.WithAddress(images, first => Compute(first, areChannelsLast: false, count, h, w, Environment.ProcessorCount, cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose() => uses.Dispose();

    /// <summary>The logits of each head.</summary>
    /// <param name="images">Address of the first image.</param>
    /// <param name="areChannelsLast">Whether they lie as (N, H, W, C); otherwise as (N, C, H, W).</param>
    /// <param name="count">N.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="threads">Number of threads.</param>
    /// <param name="cancellationToken">Ends the work between two chunks.</param>
    internal float[][] Compute(nint images, bool areChannelsLast, int count, int height, int width, int threads, CancellationToken cancellationToken = default)
    {
        uses.Enter(this);
        try
        {
            var plan = PlanFor(height, width);
            var logits = heads.Select(_ => new float[(long)count * NumClasses]).ToArray();
            var (chunks, threadsPerChunk) = Chunks(count, threads, (int)(CachedNumbers / plan.LargestActivation));
            var imageBytes = (nint)Spec.InputChannels * height * width * sizeof(float);
            void Chunk(int chunk)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (start, end) = ((int)((long)count * chunk / chunks), (int)((long)count * (chunk + 1) / chunks));
                Run(plan, images + (start * imageBytes), areChannelsLast, start, end - start, threadsPerChunk, logits);
            }

            if (threadsPerChunk == 1 && chunks > 1)
            {
                ParallelFor.Run(threads, new ParallelWork(chunks, Chunk));
            }
            else
            {
                for (var chunk = 0; chunk < chunks; chunk++)
                {
                    Chunk(chunk);
                }
            }

            return logits;
        }
        finally
        {
            uses.Leave();
        }
    }

    /// <summary>How many chunks a batch makes, and how many threads work on each.</summary>
    /// <param name="count">Images.</param>
    /// <param name="threads">Threads there are.</param>
    /// <param name="imagesPerThread">Images whose activations fit a thread's share of the cache; 0 if one is too large.</param>
    internal static (int Chunks, int Threads) Chunks(int count, int threads, int imagesPerThread)
    {
        if (threads > 1 && imagesPerThread > 0 && count >= threads * Math.Max(1, imagesPerThread / 2))
        {
            // Each thread takes a chunk through the whole network, so that none waits for another after each step.
            var chunks = (count + imagesPerThread - 1) / imagesPerThread;
            return (Math.Min((chunks + threads - 1) / threads * threads, count), 1);
        }

        var together = Math.Max(1, threads * imagesPerThread);
        return ((count + together - 1) / together, threads);
    }

    private static PicturePreprocessing PreprocessingOf(string? json, GoogLeNetSpec spec, string path)
    {
        try
        {
            return PicturePreprocessing.Parse(json, spec.InputSize, spec.InputChannels);
        }
        catch (Exception e) when (e is NotSupportedException or JsonException)
        {
            throw ModelFileException.Of(path, $"has a preprocessing that cannot be used: {e.Message}", e);
        }
    }

    private float[] LogitsOf(PicturePreprocessing.Images images, CancellationToken cancellationToken)
    {
        if (images.Height < minInputSize || images.Width < minInputSize || images.Channels != Spec.InputChannels)
        {
            throw new InvalidOperationException($"The file's preprocessing gives images of {images.Channels}×{images.Height}×{images.Width}, which do not fit the network '{Spec.Name}'.");
        }

        return NativeBuffer.WithAddress(
            images.Numbers, first => Compute(first, areChannelsLast: true, images.Count, images.Height, images.Width, Environment.ProcessorCount, cancellationToken))[0];
    }

    private double[] Probabilities(float[] logits)
    {
        double largest = logits.Max();
        var shares = Array.ConvertAll(logits, logit => Math.Exp((logit - largest) / Temperature));
        var sum = shares.Sum();
        return Array.ConvertAll(shares, share => share / sum);
    }

    private void Run(MemoryPlan plan, nint images, bool areChannelsLast, int first, int count, int threads, float[][] logits)
    {
        if (!memories.TryTake(out var memory))
        {
            memory = new NativeBuffer();
        }

        var run = new GraphRun(plan, memory.Take(plan.Size * count), images, areChannelsLast, count, threads);
        foreach (var level in levels)
        {
            ParallelFor.Run(threads, [.. level.Select(step => step.Work(run))]);
        }

        for (var head = 0; head < heads.Count; head++)
        {
            NativeBuffer.Read(run.View(heads[head].Logits).Address, logits[head].AsSpan(first * NumClasses, count * NumClasses));
        }

        // No more than run at once on this machine: a crowd of callers must not leave its memory behind.
        if (memories.Count < Environment.ProcessorCount)
        {
            memories.Add(memory);
        }
        else
        {
            memory.Dispose();
        }
    }

    private MemoryPlan PlanFor(int height, int width)
    {
        if (plans.Count > MaxPlans)
        {
            plans.Clear();
        }

        return plans.GetOrAdd((height, width), size => new MemoryPlan(steps, size.Height, size.Width));
    }

    private void Free()
    {
        filters.Dispose();
        while (memories.TryTake(out var memory))
        {
            memory.Dispose();
        }
    }
}
