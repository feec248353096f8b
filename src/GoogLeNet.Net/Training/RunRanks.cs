using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>What the processes of a run decide and share. Where there is one process, every answer is its own.</summary>
/// <param name="collective">The processes; null for one.</param>
internal sealed class RunRanks(Collective? collective)
{
    private const string Absent = "none";
    private readonly Collective? others = collective is { Size: > 1 } ? collective : null;

    /// <summary>Whether there are several.</summary>
    public bool AreSeveral => others is not null;

    /// <summary>Whether this one writes the files and calls the callbacks.</summary>
    public bool IsFirst => others is null or { Rank: 0 };

    /// <summary>This process's number and how many there are.</summary>
    public (int Rank, int Size) Share => others is null ? (0, 1) : (others.Rank, others.Size);

    /// <summary>Does what all processes do together: where it fails on one, the others would wait for it, so all end.</summary>
    /// <exception cref="TrainingDivergedException">Thrown in all processes.</exception>
    /// <exception cref="OperationCanceledException">Thrown in all processes.</exception>
    public T Together<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (others is not null && e is not (TrainingDivergedException or OperationCanceledException or CollectiveException))
        {
            others.Abort(e.Message);
            throw;
        }
    }

    /// <summary>Adds up over all processes.</summary>
    public void Sum(Tensor values) => others?.Sum(values);

    /// <summary>Adds up a gradient over all processes, rounded to a number format.</summary>
    public void Sum(Tensor gradient, Precision precision)
    {
        if (others is null || precision == Precision.Float32)
        {
            Sum(gradient);
            return;
        }

        using var rounded = gradient.to(ScalarType.BFloat16);
        others.Sum(rounded);
        gradient.copy_(rounded);
    }

    /// <summary>Adds up numbers over all processes.</summary>
    public void Sum(double[] values)
    {
        if (others is not null)
        {
            using var scope = NewDisposeScope();
            var shared = tensor(values);
            others.Sum(shared);
            Numbers(shared).CopyTo(values, 0);
        }
    }

    /// <summary>Gives all processes the first one's values.</summary>
    public void Broadcast(IEnumerable<Tensor> values)
    {
        if (others is not null)
        {
            foreach (var each in values)
            {
                others.Broadcast(each);
            }
        }
    }

    /// <summary>The first process's text.</summary>
    public string Broadcast(string own, int root = 0)
    {
        if (others is null)
        {
            return own;
        }

        using var scope = NewDisposeScope();
        var bytes = Encoding.UTF8.GetBytes(own);
        var length = tensor([(double)bytes.Length]);
        others.Broadcast(length, root);
        var text = others.Rank == root && bytes.Length > 0 ? tensor(bytes) : zeros((long)Numbers(length)[0], dtype: ScalarType.Byte);
        others.Broadcast(text, root);
#pragma warning disable RS0030 // The host's.
        return Encoding.UTF8.GetString(text.data<byte>().ToArray());
#pragma warning restore RS0030
    }

    /// <summary>Whether the first process says so.</summary>
    public bool FirstSays(bool own) => Largest([IsFirst && own ? 1 : 0])[0] > 0;

    /// <summary>What any process asks for.</summary>
    public RunDecision Agree(RunDecision own)
    {
        if (others is null)
        {
            return own;
        }

        TrainingRequests[] each = [TrainingRequests.Save, TrainingRequests.Stop];
        var agreed = Largest([.. each.Select(request => own.Requests.HasFlag(request) ? 1.0 : 0), own.IsCanceled ? 1 : 0, own.IsSaveDue ? 1 : 0]);
        return new RunDecision(each.Where((_, i) => agreed[i] > 0).Aggregate(TrainingRequests.None, (all, request) => all | request), agreed[^2] > 0, agreed[^1] > 0);
    }

    /// <summary>Ends what all processes do where any of them was canceled.</summary>
    /// <exception cref="OperationCanceledException">One was.</exception>
    public void ThrowIfCanceled(CancellationToken cancellationToken)
    {
        // Not where this one is canceled after they agreed: it would leave alone, and the others would wait for it.
        if (Largest([cancellationToken.IsCancellationRequested ? 1 : 0])[0] > 0)
        {
            ThrowCanceled(cancellationToken);
        }
    }

    /// <summary>Ends what was canceled, in this process or another one.</summary>
    /// <exception cref="OperationCanceledException">Always.</exception>
    public static void ThrowCanceled(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        throw new OperationCanceledException("The run was canceled in another process.");
    }

    /// <summary>Refuses processes that would not train the same network on the same images.</summary>
    /// <exception cref="CollectiveException">Something differs; thrown in all processes.</exception>
    public void Meet(MultiHeadModel model, TrainerOptions options, IImageDataset train, IImageDataset? validation)
    {
        if (others is null)
        {
            return;
        }

        others.Barrier();
        var own = Description(model, options, train, validation);
        var first = JsonNode.Parse(Broadcast(own.ToJsonString()))!.AsObject();
        var difference = own.Select(entry => entry.Key).Union(first.Select(entry => entry.Key)).FirstOrDefault(key => !JsonNode.DeepEquals(own[key], first[key]));
        var highest = (int)Largest([difference is null ? -1 : others.Rank])[0];
        if (highest >= 0)
        {
            var sentence = difference is null ? "" : $"Process {others.Rank} has another {difference} than process 0: {Text(own[difference])} instead of {Text(first[difference])}.";
            throw new CollectiveException($"{Broadcast(sentence, highest)} All processes must be started with the same program, network, options and images.");
        }
    }

    // In the order in which differences are told.
    private static JsonObject Description(MultiHeadModel model, TrainerOptions options, IImageDataset train, IImageDataset? validation)
    {
        var description = new JsonObject
        {
            ["version of GoogLeNet.Net"] = typeof(RunRanks).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            ["network"] = ModelDescription.Canonical(model.Configuration),
            ["network's layers"] = Hash(string.Join('\n', model.State().Select(entry => $"{entry.Key} {entry.Value.dtype} {string.Join(',', entry.Value.shape)}"))),
            ["training images"] = Images(train),
            ["validation images"] = validation is null ? Absent : Images(validation),
        };
        foreach (var (option, value) in OptionsJson.Describe(options))
        {
            description[$"option {option}"] = value?.DeepClone();
        }

        return description;
    }

    private static string Images(IImageDataset dataset) => string.Create(CultureInfo.InvariantCulture, $"{dataset.Count} images with fingerprint {dataset.Fingerprint}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Text(JsonNode? value) => value?.ToJsonString() is not { } text ? Absent : text.Length > 100 ? text[..100] + "…" : text;

    private double[] Largest(double[] own)
    {
        if (others is null)
        {
            return own;
        }

        using var scope = NewDisposeScope();
        var values = tensor(own);
        others.Max(values);
        return Numbers(values);
    }

#pragma warning disable RS0030 // The host's.
    private static double[] Numbers(Tensor values) => values.data<double>().ToArray();
#pragma warning restore RS0030
}

/// <summary>What is to happen after a step.</summary>
/// <param name="Requests">What callbacks ask for.</param>
/// <param name="IsCanceled">Whether the run was canceled.</param>
/// <param name="IsSaveDue">Whether the last checkpoint is too old.</param>
internal readonly record struct RunDecision(TrainingRequests Requests, bool IsCanceled, bool IsSaveDue);
