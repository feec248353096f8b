namespace Cifar10Training.Commands;

/// <summary>The machine lacks something that a sound command line asks for; the message is one line.</summary>
internal sealed class RunException(string message, Exception? inner = null) : Exception(message, inner);
