namespace Inception.Data;

/// <summary>Where records go: for each file its pixels (3,072 bytes a record) and labels, in memory that lives as long as the sink.</summary>
internal interface IRecordSink
{
    Span<byte> Pixels(int file);

    Span<long> Labels(int file);
}
