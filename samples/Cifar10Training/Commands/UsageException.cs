namespace Cifar10Training.Commands;

/// <summary>The command line asks for something impossible; the message is one line that says what would be possible.</summary>
internal sealed class UsageException(string message) : Exception(message);
