using Inception.Data;
using static TorchSharp.torch;

namespace Inception.Evaluation;

/// <summary>
/// Classifies images by one network or several, on one view or several: the probabilities of every network's main head on every view are averaged
/// (arXiv:1409.4842, section 7), networks with equal weights, views with their own.
/// </summary>
/// <remarks>
/// Any number of threads may predict at once, also through several predictors of the same networks, as long as none of the networks is trained, moved or
/// disposed meanwhile. To serve many requests, use <see cref="GoogLeNet.Compile"/>.
/// </remarks>
public sealed class Predictor
{
    private readonly IReadOnlyList<EnsembleMember> members;

    /// <summary>A predictor of one network.</summary>
    /// <param name="model">The network, which stays owned by the caller.</param>
    /// <param name="transforms">As for <see cref="EnsembleMember"/>.</param>
    /// <param name="views">The views to average over; null for the image as it is.</param>
    public Predictor(IClassifier model, IReadOnlyList<IBatchTransform>? transforms = null, IViews? views = null)
        : this([new EnsembleMember(model, transforms)], views)
    {
    }

    /// <summary>A predictor of an ensemble, whose networks may differ in everything but their classes.</summary>
    /// <param name="members">At least one network.</param>
    /// <param name="views">The views to average over; null for the image as it is.</param>
    /// <exception cref="ArgumentException">There is no network, or the networks have different numbers of classes.</exception>
    public Predictor(IReadOnlyList<EnsembleMember> members, IViews? views = null)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (members.Count == 0)
        {
            throw new ArgumentException("An ensemble needs at least one network.", nameof(members));
        }

        foreach (var member in members)
        {
            ArgumentNullException.ThrowIfNull(member?.Model, nameof(members));
        }

        if (members.Select(member => member.Model.NumClasses).Distinct().ToList() is { Count: > 1 } counts)
        {
            throw new ArgumentException(
                $"The networks of an ensemble must have the same classes; these have {string.Join(", ", counts)}.", nameof(members));
        }

        this.members = [.. members];
        Views = views ?? new IdentityView();
        NumClasses = members[0].Model.NumClasses;
    }

    /// <summary>The views that predictions are averaged over.</summary>
    public IViews Views { get; }

    /// <summary>Number of classes of every network.</summary>
    public int NumClasses { get; }

    /// <summary>Where predictions are: the device of the first network.</summary>
    internal Device Device => DeviceOf(members[0]);

    /// <summary>Predicts in evaluation mode; afterwards the networks have the mode that they had before.</summary>
    /// <param name="images">
    /// (N, C, H, W), or a single image (C, H, W): uint8 with values 0–255 or float32 in the same units, on any device; left as it is.
    /// </param>
    /// <param name="cancellationToken">Ends the work between two views.</param>
    /// <returns>
    /// Probabilities, float64 (N, <see cref="NumClasses"/>), of a single image (<see cref="NumClasses"/>), on the device of the first network; those of an
    /// image add up to 1.
    /// </returns>
    /// <exception cref="ArgumentException">The images do not fit the views or a network.</exception>
    /// <exception cref="InvalidOperationException">A member's transforms end with images that are not float32.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public Tensor Predict(Tensor images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        using var mode = Evaluating();
        if (images.ndim != 3)
        {
            return Average(images, cancellationToken);
        }

        using var batch = images.unsqueeze(0);
        using var probabilities = Average(batch, cancellationToken);
        return probabilities.squeeze(0);
    }

    /// <summary>Evaluation mode for all networks, until it is disposed.</summary>
    internal EvaluationMode Evaluating() => new([.. members.Select(member => member.Model).OfType<nn.Module>()]);

    /// <summary><see cref="Predict"/> for networks that are in evaluation mode.</summary>
    internal Tensor Average(Tensor images, CancellationToken cancellationToken)
    {
        if (images.shape is not [> 0, > 0, > 0, > 0])
        {
            throw new ArgumentException($"Images must be (N, C, H, W), or (C, H, W) for one, and not empty; they are ({string.Join(", ", images.shape)}).", nameof(images));
        }

        using var scope = NewDisposeScope();

        // Made before inference mode begins: the caller gets an ordinary tensor.
        var sum = zeros(images.shape[0], NumClasses, dtype: ScalarType.Float64, device: Device);
        using var inference = inference_mode();
        foreach (var member in members)
        {
            var raw = images.SentTo(DeviceOf(member));
            foreach (var view in Views.Create((int)images.shape[2], (int)images.shape[3], member.Model.InputSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var probabilities = Probabilities(member, view, raw, sum.device);
                sum.add_(probabilities, view.Weight / members.Count);
            }
        }

        return sum.MoveToOuterDisposeScope();
    }

    private static Tensor Probabilities(EnsembleMember member, View view, Tensor raw, Device device)
    {
        using var scope = NewDisposeScope();
        var input = MemberInput.Prepare(member, view, raw);
        return member.Model.Logits(input).softmax(1, ScalarType.Float64).SentTo(device).MoveToOuterDisposeScope();
    }

    private static Device DeviceOf(EnsembleMember member) => member.Model.Device;
}
