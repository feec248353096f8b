namespace Inception.Data;

/// <summary>The data of consecutive IDAT chunks as one stream. Begins with the reader at the first of them and stops at the chunk after.</summary>
internal sealed class PngDataStream(PngChunks chunks) : ForwardStream
{
    public override int Read(Span<byte> buffer)
    {
        while (chunks.Type == "IDAT" && chunks.Left == 0)
        {
            chunks.Next();
        }

        return chunks.Type == "IDAT" ? chunks.Read(buffer) : 0;
    }
}
