using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>Rows of different lengths, read as if each was as long as the longest: zeros follow, and take no memory.</summary>
sealed class RaggedBytes<T>(IReadOnlyList<T[]> rows, int longest) : ByteSource where T : unmanaged
{
    readonly long _row = (long)longest * Unsafe.SizeOf<T>();

    public override long Length => rows.Count * _row;

    public override void Read(long offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            (long index, long from) = Math.DivRem(offset, _row);
            ReadOnlySpan<byte> row = MemoryMarshal.AsBytes<T>(rows[(int)index]);
            Span<byte> piece = bytes[..(int)Math.Min(bytes.Length, _row - from)];
            int there = (int)Math.Clamp(row.Length - from, 0, piece.Length);
            row.Slice((int)Math.Min(from, row.Length), there).CopyTo(piece);
            piece[there..].Clear();
            offset += piece.Length;
            bytes = bytes[piece.Length..];
        }
    }
}
