namespace Inception.Interop;

/// <summary>A file is not a PyTorch file of tensors that can be read, or such a file could not be fetched. The message names the file and says what is wrong and what to do.</summary>
public sealed class TorchFileException : ModelFileException
{
    internal TorchFileException(string path, string problem, Exception? inner = null)
        : base(path, $"{path}: {problem.TrimEnd('.')}.", inner)
    {
    }
}

/// <summary>A file is not a Caffe file of weights that can be read. The message names the file and says what is wrong and what to do.</summary>
public sealed class CaffeFileException : ModelFileException
{
    internal CaffeFileException(string path, string problem, Exception? inner = null)
        : base(path, $"{path}: {problem.TrimEnd('.')}.", inner)
    {
    }
}
