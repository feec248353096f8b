namespace Inception.Data;

/// <summary>A data set or a picture that is missing, damaged or cannot be fetched. <see cref="Exception.Message"/> is one line fit for a user.</summary>
public sealed class DatasetException : IOException
{
    /// <summary>Creates the exception with a general message.</summary>
    public DatasetException()
        : base("The data set cannot be read.") { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line: what was expected, what was found, what to do.</param>
    public DatasetException(string message)
        : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line: what was expected, what was found, what to do.</param>
    /// <param name="innerException">The error behind it.</param>
    public DatasetException(string message, Exception innerException)
        : base(message, innerException) { }
}
