namespace Organics.Tests;

public sealed class ShardTests
{
    static Shard? OfTask(string variables)
    {
        var set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => $"SLURM_ARRAY_TASK_{v[0]}", v => v[1]);
        return Shard.OfTask(set.GetValueOrDefault);
    }

    [Theory]
    [InlineData("1/4", 1, 4)]
    [InlineData("4/4", 4, 4)]
    [InlineData("1/1", 1, 1)]
    public void A_part_is_read_and_written_alike(string text, int index, int count)
    {
        Assert.Equal(new(index, count), Shard.Parse(text));
        Assert.Equal(text, Shard.Parse(text).ToString());
    }

    [Theory]
    [InlineData("0/4")]
    [InlineData("5/4")]
    [InlineData("1")]
    [InlineData("1/2/3")]
    [InlineData("-1/2")]
    [InlineData(" 1/2")]
    [InlineData("1/0")]
    [InlineData("")]
    public void Whatever_else_is_no_part(string text) => Assert.Throws<FormatException>(() => Shard.Parse(text));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Every_piece_belongs_to_one_part(int count)
    {
        Shard[] all = [.. Enumerable.Range(1, count).Select(i => new Shard(i, count))];
        foreach (var piece in (long[])[0, 1, 2, 11, 5_000_000_000]) Assert.Single(all, s => s.Owns(piece));
        foreach (var pieces in (int[])[0, 1, 5, 100, int.MaxValue])
        {
            var next = 0;
            foreach (var (first, size) in all.Select(s => s.Part(pieces)))
            {
                Assert.Equal(next, first);
                Assert.InRange(size - pieces / count, 0, 1);
                next += size;
            }
            Assert.Equal(pieces, next);
        }
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("ID=3", null)]
    [InlineData("COUNT=3", null)]
    [InlineData("ID=1 COUNT=1 MIN=1", null)]
    [InlineData("ID=3 COUNT=4", "3/4")]
    [InlineData("ID=0 COUNT=4 MIN=0", "1/4")]
    [InlineData("ID=13 COUNT=4 MIN=10", "4/4")]
    [InlineData("ID=5 COUNT=3 MIN=1 STEP=2", "3/3")]
    public void A_task_of_an_array_has_its_part(string variables, string? expected) => Assert.Equal(expected, OfTask(variables)?.ToString());

    [Theory]
    [InlineData("ID=5 COUNT=4")]
    [InlineData("ID=0 COUNT=4")]
    [InlineData("ID=9 COUNT=3 MIN=1")]
    [InlineData("ID=2 COUNT=3 MIN=1 STEP=2")]
    public void Tasks_with_gaps_between_them_are_refused(string variables)
        => Assert.Contains("without gaps", Assert.Throws<Failure>(() => OfTask(variables)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("ID=two COUNT=4")]
    [InlineData("ID=2 COUNT=-4")]
    public void What_is_no_number_is_refused(string variables)
        => Assert.Contains("a whole number is expected", Assert.Throws<Failure>(() => OfTask(variables)).Message, StringComparison.Ordinal);
}
