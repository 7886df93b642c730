using System.Text;

namespace Organics.Tests;

/// <summary>Event files, read back by a reader that has nothing of the writer.</summary>
public sealed class TensorBoardTests : IDisposable
{
    readonly Cli _cli = new();

    sealed record Event(double Time, long Step, string? Version, bool IsStart, Dictionary<string, float> Values);

    [Fact]
    public void A_training_logs_what_its_metrics_hold()
    {
        Assert.Equal(0, _cli.Train("run", "--epochs", "3", "--tensorboard").Code);
        var path = Assert.Single(Directory.GetFiles(_cli.PathOf("run", "tensorboard")));
        Assert.Matches(@"^events\.out\.tfevents\.\d{10}\.[A-Za-z0-9_.-]+$", Path.GetFileName(path));
        var events = Read(path);
        Assert.Equal("brain.Event:2", events[0].Version);
        var rows = MetricsLog.Read(_cli.PathOf("run", "metrics.jsonl"));
        Assert.Equal((long[])[1, 2, 3, 3], events[1..].Select(e => e.Step));
        foreach (var (row, logged) in rows.Zip(events[1..]))
        {
            Assert.Equal(row.Values.Keys.Select(name => name == "val_accuracy" ? "val_acc" : name).Order(), logged.Values.Keys.Order());
            Assert.All(row.Values, each => Assert.Equal((float)each.Value, logged.Values[each.Key == "val_accuracy" ? "val_acc" : each.Key]));
            var now = DateTime.UtcNow.Subtract(DateTime.UnixEpoch).TotalSeconds;
            Assert.InRange(logged.Time, now - 3600, now + 1);
        }
        var results = RunRecord.Read(_cli.PathOf("run")).Results!;
        Assert.Equal((float)results.TestAccuracy!, events[^1].Values["test_acc"]);
        Assert.Equal((float)results.TestLoss!, events[^1].Values["test_loss"]);
    }

    [Fact]
    public void A_resumed_training_begins_a_file_that_takes_back_later_epochs()
    {
        Assert.Equal(0, _cli.Train("run", "--epochs", "1", "--tensorboard").Code);
        var first = Directory.GetFiles(_cli.PathOf("run", "tensorboard"));
        Assert.Equal(0, _cli.Run("train", "static", "--resume", _cli.PathOf("run"), "--epochs", "2", "--tensorboard").Code);
        var events = Read(Assert.Single(Directory.GetFiles(_cli.PathOf("run", "tensorboard")).Except(first)));
        Assert.Equal((2, true), (events[1].Step, events[1].IsStart));
        Assert.Equal((long[])[2, 2], events[2..].Select(e => e.Step));
    }

    [Fact]
    public void A_log_that_begins_late_has_the_epochs_before()
    {
        Assert.Equal(0, _cli.Train("run", "--epochs", "2").Code);
        Assert.False(Directory.Exists(_cli.PathOf("run", "tensorboard")));
        Assert.Equal(0, _cli.Run("train", "static", "--resume", _cli.PathOf("run"), "--epochs", "3", "--tensorboard").Code);
        var events = Read(Assert.Single(Directory.GetFiles(_cli.PathOf("run", "tensorboard"))));
        Assert.Equal((long[])[1, 2, 3, 3], events[1..].Select(e => e.Step));
        Assert.DoesNotContain(events, e => e.IsStart);
    }

    // TFRecord and protocol buffers, as their specifications have them.
    static List<Event> Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        var events = new List<Event>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var length = reader.ReadBytes(8);
            Assert.Equal(Masked(length), reader.ReadUInt32());
            var message = reader.ReadBytes((int)BitConverter.ToUInt64(length));
            Assert.Equal(Masked(message), reader.ReadUInt32());
            var fields = Fields(message).ToArray();
            double time = BitConverter.ToDouble(fields.Single(f => f.Number == 1).Bytes);
            var values = fields.Where(f => f.Number == 5).SelectMany(f => Fields(f.Bytes))
                .Select(v => Fields(v.Bytes).ToDictionary(f => f.Number, f => f.Bytes))
                .ToDictionary(v => Encoding.UTF8.GetString(v[1]), v => BitConverter.ToSingle(v[2]));
            var version = fields.Where(f => f.Number == 3).Select(f => Encoding.UTF8.GetString(f.Bytes)).SingleOrDefault();
            var isStart = fields.Any(f => f.Number == 7 && Fields(f.Bytes).Single() is { Number: 1, Varint: 1 });
            events.Add(new(time, (long)fields.SingleOrDefault(f => f.Number == 2).Varint, version, isStart, values));
        }
        return events;
    }

    static IEnumerable<(int Number, ulong Varint, byte[] Bytes)> Fields(byte[] message)
    {
        var at = 0;
        ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                value |= (ulong)(message[at] & 0x7f) << shift;
                if ((message[at++] & 0x80) == 0) return value;
            }
        }
        byte[] Take(int count) => message[at..(at += count)];
        while (at < message.Length)
        {
            var key = Varint();
            yield return (key & 7) switch
            {
                0 => ((int)(key >> 3), Varint(), []),
                1 => ((int)(key >> 3), 0, Take(8)),
                2 => ((int)(key >> 3), 0, Take((int)Varint())),
                5 => ((int)(key >> 3), 0, Take(4)),
                _ => throw new InvalidDataException($"wire type {key & 7}"),
            };
        }
    }

    // CRC-32C bit by bit, by the reflected polynomial of Castagnoli.
    static uint Masked(byte[] bytes)
    {
        var sum = uint.MaxValue;
        foreach (var each in bytes)
        {
            sum ^= each;
            for (var k = 0; k < 8; k++) sum = (sum & 1) != 0 ? sum >> 1 ^ 0x82F63B78 : sum >> 1;
        }
        sum = ~sum;
        return (sum >> 15 | sum << 17) + 0xa282ead8;
    }

    public void Dispose() => _cli.Dispose();
}
