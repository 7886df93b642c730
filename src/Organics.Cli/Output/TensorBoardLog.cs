using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Organics;

/// <summary>
/// Appends scalars to an event file of TensorBoard: records of TFRecord (uint64 length | masked CRC-32C | bytes | masked CRC-32C, little-endian), each a
/// protocol-buffer message Event { 1 wall_time, 2 step, 3 file_version, 5 summary { 1 value { 1 tag, 2 simple_value } }, 7 session_log { 1 status } }.
/// </summary>
sealed class TensorBoardLog
{
    const string FileVersion = "brain.Event:2";

    readonly string _path;

    /// <summary>Begins a file in a folder, which is made if need be.</summary>
    /// <param name="folder">Where event files are, other runs' of this training among them.</param>
    /// <param name="epochsDone">What a training that goes on has behind it: TensorBoard forgets what other files hold of later epochs.</param>
    /// <param name="time">Now.</param>
    public TensorBoardLog(string folder, long epochsDone, DateTimeOffset time)
    {
        Directory.CreateDirectory(folder);
        _path = Path.Combine(folder, $"events.out.tfevents.{time.ToUnixTimeSeconds()}.{Host()}");
        // Of a training that was begun within the same second.
        for (var attempt = 1; File.Exists(_path); attempt++) _path = Path.Combine(folder, $"events.out.tfevents.{time.ToUnixTimeSeconds()}.{Host()}.{attempt}");
        Append([.. Time(time), .. Bytes(3, Encoding.UTF8.GetBytes(FileVersion))]);
        // SessionLog.START.
        if (epochsDone > 0) Append([.. Time(time), .. Whole(2, epochsDone + 1), .. Bytes(7, Whole(1, 1))]);
    }

    /// <summary>The name under which the authors' own code logs a metric.</summary>
    public static string Tag(string metric) => metric switch
    {
        "val_accuracy" => "val_acc",
        "test_accuracy" => "test_acc",
        _ => metric,
    };

    /// <summary>Appends the metrics of an epoch.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="values">By name; see <see cref="Tag"/>.</param>
    /// <param name="time">When they were measured.</param>
    public void Append(long epoch, IEnumerable<KeyValuePair<string, double>> values, DateTimeOffset time)
        => Append([.. Time(time), .. Whole(2, epoch), .. Bytes(5, [.. values.SelectMany(each =>
            Bytes(1, [.. Bytes(1, Encoding.UTF8.GetBytes(Tag(each.Key))), .. Single(2, (float)each.Value)]))])]);

    void Append(byte[] message)
    {
        var record = new byte[message.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(record, message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Masked(record.AsSpan(0, 8)));
        message.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + message.Length), Masked(message));
        using var stream = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read);
        stream.Write(record);
    }

    // A sum of a sum would be weak; TFRecord therefore turns it.
    static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var each in bytes) sum = BitOperations.Crc32C(sum, each);
        return BitOperations.RotateRight(~sum, 15) + 0xa282ead8;
    }

    static byte[] Time(DateTimeOffset time)
    {
        var field = new byte[9];
        field[0] = 1 << 3 | 1;
        BinaryPrimitives.WriteDoubleLittleEndian(field.AsSpan(1), time.ToUnixTimeMilliseconds() / 1000.0);
        return field;
    }

    static byte[] Single(int number, float value)
    {
        var field = new byte[5];
        field[0] = (byte)(number << 3 | 5);
        BinaryPrimitives.WriteSingleLittleEndian(field.AsSpan(1), value);
        return field;
    }

    static byte[] Whole(int number, long value) => [(byte)(number << 3), .. Varint((ulong)value)];

    static byte[] Bytes(int number, byte[] value) => [(byte)(number << 3 | 2), .. Varint((ulong)value.Length), .. value];

    static IEnumerable<byte> Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) yield return (byte)(value | 0x80);
        yield return (byte)value;
    }

    // A part of a file's name, whatever a machine is called.
    static string Host() => string.Concat(Environment.MachineName.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'));
}
