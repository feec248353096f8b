using Microsoft.Extensions.Logging;

namespace Inception.Training;

/// <summary>The trainer's log messages.</summary>
internal static partial class TrainerLog
{
    [LoggerMessage(1, LogLevel.Information, "Resumed from {Path} at epoch {Epoch}, step {Step}.")]
    public static partial void Resumed(this ILogger logger, string path, int epoch, int step);

    [LoggerMessage(2, LogLevel.Information, "Epoch {Epoch}/{Epochs}: main head's training loss {Loss:F4}, accuracy {Accuracy:P2}.")]
    public static partial void EpochEnded(this ILogger logger, int epoch, int epochs, double loss, double accuracy);
}
