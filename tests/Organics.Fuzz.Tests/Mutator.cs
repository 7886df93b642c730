using System.Buffers.Binary;
using System.Text;

namespace Organics.Tests;

/// <summary>Makes one input of a corpus: the same one for the same number.</summary>
sealed class Mutator(long execution)
{
    const int Longest = 1 << 16;

    static readonly string[] Numbers =
        ["0", "-1", "1", "2147483647", "2147483648", "4294967295", "-2147483648", "9223372036854775807", "18446744073709551615", "99999999999999999999", "1e999", "-1e999", "5e-324", "1e308", "NaN", "Infinity", "0.1", "1.0", "46341", "65536"];

    static readonly string[] Texts =
        ["null", "true", "false", "{", "}", "[", "]", "\"", ":", ",", "\\ud800", "\\u0000", "\\u202e", "\u001b[2J", "\uFEFF", "//", "/*", "{}", "[]", "\"\"", " ", "\n", "\r", "\t", "-", ".", "="];

    readonly Random _random = new((int)(execution ^ (execution >> 31)));

    /// <summary>A mutation of one file of a target's corpus.</summary>
    public byte[] Of(Target target)
    {
        var seed = Any(target.Corpus);
        // Where a length stands before a header, most mutations of the header need another one to be looked at.
        if (!target.HasHeaderLength || seed.Length < 8 || _random.Next(4) == 0) return Mutate(seed, target);
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(seed), (ulong)seed.Length - 8);
        var header = Mutate(seed[8..(8 + length)], target);
        var file = new byte[8 + header.Length + seed.Length - 8 - length];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, 8);
        seed.AsSpan(8 + length).CopyTo(file.AsSpan(8 + header.Length));
        return file;
    }

    T Any<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    byte[] Mutate(byte[] seed, Target target)
    {
        List<byte> bytes = [.. seed];
        for (var k = 1 + _random.Next(_random.Next(2) == 0 ? 2 : 8); k > 0; k--) Once(bytes, target);
        return bytes.Count <= Longest ? [.. bytes] : [.. bytes.Take(Longest)];
    }

    void Once(List<byte> bytes, Target target)
    {
        var at = _random.Next(bytes.Count + 1);
        var length = Math.Min(bytes.Count - at, 1 + _random.Next(_random.Next(4) == 0 ? 64 : 4));
        switch (_random.Next(10))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = Any<byte>([0, 1, 0x7F, 0x80, 0xFF, (byte)_random.Next(256)]);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                // A piece again, here or there.
                bytes.InsertRange(_random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4 or 5:
                Number(bytes, at);
                break;
            case 6:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Any(Texts)));
                break;
            case 7:
                Replace(bytes, at, length, Encoding.UTF8.GetBytes(Any(target.Words)));
                break;
            case 8:
                // The end of another file.
                var other = Any(target.Corpus);
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(_random.Next(other.Length + 1)));
                break;
            default:
                bytes.RemoveRange(at, _random.Next(4) == 0 ? bytes.Count - at : 0);
                break;
        }
    }

    // Puts another number, in digits or in four bytes, in the place of the next one.
    void Number(List<byte> bytes, int at)
    {
        while (at < bytes.Count && !char.IsAsciiDigit((char)bytes[at])) at++;
        if (at == bytes.Count)
        {
            if (bytes.Count < 4) return;
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(four, Any([0, -1, 1, int.MaxValue, int.MinValue, 1 << 16, 46341, _random.Next()]));
            at = _random.Next(bytes.Count - 3);
            for (var i = 0; i < 4; i++) bytes[at + i] = four[i];
            return;
        }
        var end = at;
        while (end < bytes.Count && char.IsAsciiDigit((char)bytes[end])) end++;
        Replace(bytes, at, end - at, Encoding.ASCII.GetBytes(Any(Numbers)));
    }

    static void Replace(List<byte> bytes, int at, int length, byte[] by)
    {
        bytes.RemoveRange(at, length);
        bytes.InsertRange(at, by);
    }
}
