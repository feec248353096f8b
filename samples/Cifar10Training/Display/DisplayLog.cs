using Microsoft.Extensions.Logging;

namespace Cifar10Training.Display;

/// <summary>Shows what the library logs, from information upwards.</summary>
internal sealed class DisplayLog(RunDisplay display) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and < LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            display.WriteLine(formatter(state, exception));
        }
    }
}
