namespace SideBySide;

/// <summary>Writes races as one Markdown table, a row per side, as they finish; then counts our wins and losses.</summary>
sealed class Table
{
    readonly TextWriter _out;
    int _wins;
    readonly List<string> _losses = [];

    public Table(TextWriter output)
    {
        _out = output;
        _out.WriteLine("| case | side | median | min – max | GFLOP/s | peak memory | speed against libtorch |");
        _out.WriteLine("|---|---|--:|--:|--:|--:|--:|");
    }

    public void Add(Case race, Times[] sides)
    {
        foreach (var side in sides)
        {
            string rate = race.Flop is { } flop ? $"{flop / side.Median / 1e9:f0}" : "";
            _out.WriteLine($"| {race.Name} | {side.Side.Name} | {Time(side.Median)} | {Time(side.Seconds.Min())} – {Time(side.Seconds.Max())} "
                + $"| {rate} | {side.PeakBytes / 1048576.0:f0} MiB | {(side == sides[0] ? "1" : Against(sides[0], side, race.Name))} |");
        }
        _out.Flush();
    }

    public void End()
    {
        _out.WriteLine();
        _out.WriteLine($"Organics is faster in {_wins} and slower in {_losses.Count}{(_losses.Count == 0 ? "." : $": {string.Join("; ", _losses)}.")}");
    }

    /// <summary>The median over rounds of the ratio within a round: neighbours in time share what disturbs them.</summary>
    string Against(Times reference, Times side, string name)
    {
        double ratio = Race.Median(reference.Seconds.Zip(side.Seconds, (r, s) => r / s));
        if (side.Side.Ours && ratio >= 1)
            _wins++;
        else if (side.Side.Ours)
            _losses.Add($"{name}, {side.Side.Name}");
        return ratio >= 1 ? $"**{ratio:f2}×**" : $"{ratio:f2}× (slower)";
    }

    static string Time(double seconds) => seconds switch
    {
        < 1e-3 => $"{seconds * 1e6:f1} µs",
        < 1 => $"{seconds * 1e3:f2} ms",
        _ => $"{seconds:f2} s",
    };
}
