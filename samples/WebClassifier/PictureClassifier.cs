using System.Diagnostics;
using Inception;

namespace WebClassifier;

/// <summary>Says what picture files show, as many at once as there are processors; a bounded number of others wait.</summary>
internal sealed class PictureClassifier : IDisposable
{
    private const int Top = 5;
    private const int MaxWaiting = 32;
    private static readonly byte[] OnePixel = Convert.FromBase64String("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=");

    private readonly CompiledNetwork network;
    private readonly SemaphoreSlim room = new(Environment.ProcessorCount + MaxWaiting);
    private readonly SemaphoreSlim processors = new(Environment.ProcessorCount);

    /// <summary>Classifies one pixel, so that whatever cannot be used is known before anyone asks.</summary>
    /// <param name="network">The network, which stays owned by the caller.</param>
    /// <param name="model">Name of its file.</param>
    /// <exception cref="IOException">The file's preprocessing is not computed here.</exception>
    /// <exception cref="ArgumentException">The network takes other pictures than RGB and gray.</exception>
    public PictureClassifier(CompiledNetwork network, string model)
    {
        if (network.Spec.InputChannels is not (1 or 3))
        {
            throw new ArgumentException($"The network of '{model}' takes {network.Spec.InputChannels} channels; pictures have 3, or 1 if they are gray.");
        }

        (this.network, Model) = (network, model);
        Classify(OnePixel, CancellationToken.None);
    }

    /// <summary>Name of the model file.</summary>
    public string Model { get; }

    /// <summary>What <c>/health</c> says.</summary>
    public Health Health => new(Model, network.Spec.Name, network.NumClasses, typeof(CompiledNetwork).Assembly.GetName().Version!.ToString(3));

    /// <summary>Reads an upload and says what it shows.</summary>
    /// <param name="request">Its body is the picture's file, or a form with it.</param>
    /// <exception cref="RefusedException">There is no room, or the picture cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The request was aborted.</exception>
    public async Task<Labels> ClassifyAsync(HttpRequest request)
    {
        // Who waits holds memory for an upload, and a slow upload no processor.
        if (!room.Wait(0, CancellationToken.None))
        {
            throw new RefusedException(StatusCodes.Status503ServiceUnavailable, "Too many pictures at once; try again in a second.");
        }

        try
        {
            var aborted = request.HttpContext.RequestAborted;
            var file = await Upload.ReadAsync(request, aborted);
            await processors.WaitAsync(aborted);
            try
            {
                return Classify(file.Span, aborted);
            }
            finally
            {
                processors.Release();
            }
        }
        finally
        {
            room.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        room.Dispose();
        processors.Dispose();
    }

    private Labels Classify(ReadOnlySpan<byte> file, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var picture = PictureDecoder.Decode(file, network.Spec.InputChannels, enough: 4 * network.Spec.InputSize);
        var guesses = network.Classify(picture.Pixels, picture.Width, picture.Height, Top, cancellationToken);
        return new([.. guesses.Select(guess => new Label(guess.ClassName, guess.Probability))], Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 2));
    }
}
