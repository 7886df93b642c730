using System.Buffers.Binary;

namespace Organics;

/// <summary>The check sum of ZIP files: CRC-32 of the reflected polynomial 0xEDB88320, eight bytes at a time.</summary>
struct Crc32
{
    static readonly uint[] Table = MakeTable();

    uint _inverse;

    /// <summary>The sum of all bytes so far; 0 of none.</summary>
    public readonly uint Value => _inverse;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint[] table = Table;
        uint sum = ~_inverse;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            uint low = sum ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes), high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            sum = table[0x700 + (low & 0xFF)] ^ table[0x600 + ((low >> 8) & 0xFF)] ^ table[0x500 + ((low >> 16) & 0xFF)] ^ table[0x400 + (low >> 24)]
                ^ table[0x300 + (high & 0xFF)] ^ table[0x200 + ((high >> 8) & 0xFF)] ^ table[0x100 + ((high >> 16) & 0xFF)] ^ table[high >> 24];
        }
        foreach (byte b in bytes) sum = table[(sum ^ b) & 0xFF] ^ (sum >> 8);
        _inverse = ~sum;
    }

    // Row k is the effect of a byte that k more bytes follow.
    static uint[] MakeTable()
    {
        var table = new uint[8 * 256];
        for (uint b = 0; b < 256; b++)
        {
            uint sum = b;
            for (int bit = 0; bit < 8; bit++) sum = (sum & 1) == 0 ? sum >> 1 : (sum >> 1) ^ 0xEDB88320;
            table[b] = sum;
        }
        for (int i = 256; i < table.Length; i++) table[i] = table[table[i - 256] & 0xFF] ^ (table[i - 256] >> 8);
        return table;
    }
}
