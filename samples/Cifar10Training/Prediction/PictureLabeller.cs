using System.Globalization;
using Cifar10Training.Commands;
using Inception.Evaluation;

namespace Cifar10Training.Prediction;

/// <summary>Says of each picture what it most probably shows.</summary>
internal sealed class PictureLabeller(Predictor predictor)
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
                var predictions = predictor.Classify(file, Shown);
                output.WriteLine(file);
                foreach (var (_, name, probability) in predictions)
                {
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {100 * probability,6:F2} %  {Plain(name)}"));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                error.WriteLine($"cifar10: {Failure.OneLine(e.Message)}");
                all = false;
            }
        }

        return all;
    }

    // Names come from files: what moves a terminal's cursor or breaks a line is shown as a question mark.
    private static string Plain(string name) => string.Concat(name.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format ? '?' : c));
}
