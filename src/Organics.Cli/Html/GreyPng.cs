using System.Buffers.Binary;
using System.IO.Compression;

namespace Organics;

/// <summary>Grey pictures of eight bits as PNG files (ISO/IEC 15948).</summary>
static class GreyPng
{
    /// <summary>A picture, white where a pixel is 0 and black where it is 1, as ink on paper.</summary>
    /// <param name="pixels">Row by row, from 0 to 1. Shape [rows, columns].</param>
    /// <param name="rows">1 or more.</param>
    /// <param name="columns">1 or more.</param>
    public static byte[] Encode(ReadOnlySpan<double> pixels, int rows, int columns)
    {
        using var lines = new MemoryStream();
        using (var packed = new ZLibStream(lines, CompressionLevel.SmallestSize, leaveOpen: true))
            for (var i = 0; i < rows; i++)
            {
                // No filter.
                packed.WriteByte(0);
                foreach (var pixel in pixels.Slice(i * columns, columns)) packed.WriteByte((byte)Math.Round(255 * (1 - Math.Clamp(pixel, 0, 1))));
            }
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, columns);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), rows);
        header[8] = 8;
        using var file = new MemoryStream();
        file.Write([0x89, .. "PNG\r\n\u001a\n"u8]);
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, lines.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    static void Chunk(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(name);
        file.Write(data);
        var sum = new Crc32();
        sum.Append(name);
        sum.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, sum.Value);
        file.Write(number);
    }
}
