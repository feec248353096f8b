using System.Globalization;
using Cifar10Training.Commands;
using Inception.Data;
using Inception.Evaluation;
using TorchSharp;

namespace Cifar10Training.Prediction;

/// <summary>Says of each picture what it most probably shows.</summary>
internal sealed class PictureLabeller(Predictor predictor, IReadOnlyList<string> classNames)
{
    private const int Shown = 5;

    /// <summary>
    /// Writes the most probable classes of every picture that can be read to <paramref name="output"/>, and a line for each that cannot to
    /// <paramref name="error"/>.
    /// </summary>
    /// <returns>Whether all could be read.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; pictures that come after are left out.</exception>
    public bool Label(IEnumerable<string> files, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var all = true;
        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var probabilities = Probabilities(file, cancellationToken);
                output.WriteLine(file);
                Write(probabilities, output);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                error.WriteLine($"cifar10: {Failure.OneLine(e.Message)}");
                all = false;
            }
        }

        return all;
    }

    private double[] Probabilities(string file, CancellationToken cancellationToken)
    {
        using var scope = torch.NewDisposeScope();
        var image = ImageFile.Read(file);                                        // (3, H, W)
        return predictor.Predict(image.unsqueeze(0), cancellationToken).cpu().data<double>().ToArray();
    }

    private void Write(double[] probabilities, TextWriter output)
    {
        var best = probabilities.Select((probability, k) => (Probability: probability, Name: classNames[k]))
            .OrderByDescending(entry => entry.Probability).Take(Shown);
        foreach (var (probability, name) in best)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {100 * probability,6:F2} %  {name}"));
        }
    }
}
