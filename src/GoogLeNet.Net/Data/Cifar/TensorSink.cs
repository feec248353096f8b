using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Inception.Data;

/// <summary>Records straight into the memory of host tensors, in no dispose scope: the training files in one pair, the last file in another.</summary>
internal sealed class TensorSink(Cifar10Manifest manifest) : IRecordSink, IDisposable
{
    private readonly int _trainFiles = manifest.Files.Count - 1;

    public Tensor TrainImages { get; } = NewImages((manifest.Files.Count - 1) * manifest.RecordsPerFile);

    public Tensor TrainLabels { get; } = NewLabels((manifest.Files.Count - 1) * manifest.RecordsPerFile);

    public Tensor TestImages { get; } = NewImages(manifest.RecordsPerFile);

    public Tensor TestLabels { get; } = NewLabels(manifest.RecordsPerFile);

    public Span<byte> Pixels(int file) => Slice(TrainImages, TestImages, file, manifest.RecordsPerFile * Cifar10Manifest.PixelBytes);

    public Span<long> Labels(int file) =>
        MemoryMarshal.Cast<byte, long>(Slice(TrainLabels, TestLabels, file, manifest.RecordsPerFile * sizeof(long)));

    public void Dispose()
    {
        TrainImages.Dispose();
        TrainLabels.Dispose();
        TestImages.Dispose();
        TestLabels.Dispose();
    }

    private Span<byte> Slice(Tensor train, Tensor test, int file, int bytes) =>
        file < _trainFiles ? train.bytes.Slice(file * bytes, bytes) : test.bytes;

    private static Tensor NewImages(long count) =>
        empty(count, 3, Cifar10Manifest.Side, Cifar10Manifest.Side, dtype: ScalarType.Byte, device: CPU).DetachFromDisposeScope();

    private static Tensor NewLabels(long count) => empty(count, dtype: ScalarType.Int64, device: CPU).DetachFromDisposeScope();
}
