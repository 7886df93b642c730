using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Organics;

/// <summary>The wire format of Protocol Buffers, as much of it as an ONNX file needs: fields of whole numbers, of bytes, and of messages within.</summary>
sealed class ProtoWriter
{
    const int Varint = 0, Bytes = 2;

    readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>A whole number, in base 128 with the lowest digit first.</summary>
    public void Number(int field, long value)
    {
        Key(field, Varint);
        Digits((ulong)value);
    }

    /// <summary>Text in UTF-8.</summary>
    public void Text(int field, string value) => Raw(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Bytes behind their count.</summary>
    public void Raw(int field, ReadOnlySpan<byte> value)
    {
        Key(field, Bytes);
        Digits((ulong)value.Length);
        _bytes.Write(value);
    }

    /// <summary>Floats as the bytes of a tensor, little-endian.</summary>
    public void Raw(int field, ReadOnlySpan<float> values)
    {
        var bytes = new byte[checked(values.Length * sizeof(float))];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        Raw(field, bytes);
    }

    /// <summary>Whole numbers as the bytes of a tensor, little-endian.</summary>
    public void Raw(int field, ReadOnlySpan<long> values)
    {
        var bytes = new byte[checked(values.Length * sizeof(long))];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        Raw(field, bytes);
    }

    /// <summary>A message within this one.</summary>
    public void Message(int field, Action<ProtoWriter> write)
    {
        var inner = new ProtoWriter();
        write(inner);
        Raw(field, inner.Written);
    }

    /// <summary>What has been written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    void Key(int field, int type) => Digits((ulong)(field << 3 | type));

    void Digits(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.Write([(byte)(value | 0x80)]);
        _bytes.Write([(byte)value]);
    }
}
