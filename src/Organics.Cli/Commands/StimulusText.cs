using System.CommandLine;

namespace Organics;

/// <summary>The words of <c>--stimulus</c>: KIND:key=value,…, once for each part of a stimulus.</summary>
static class StimulusText
{
    public const string Name = "--stimulus";

    const string Csv = "csv", Hold = "hold", Units = "units";

    // The keys of every kind; those with a value here may be left out.
    static readonly (string Kind, (string Key, double? Otherwise)[] Keys)[] Kinds =
    [
        ("step", [("at", 0), ("by", null)]),
        ("pulse", [("at", 0), ("for", null), ("by", null)]),
        ("ramp", [("from", 0), ("until", null), ("by", null)]),
        ("sine", [("period", null), ("by", null), ("phase", 0), ("from", 0), ("until", double.PositiveInfinity)]),
    ];

    public static Option<string[]> Option() => new(Name)
    {
        Description = "Adds to z in the course of time; several add up. step:at=10,by=0.5 is more from t = 10 on; pulse:at=10,for=5,by=1 for 5; "
            + "ramp:from=10,until=20,by=1 evenly more; sine:period=25,by=0.2[,phase=P][,from=T][,until=T] is by·sin(2π((t − from)/period + phase)); "
            + "each for all neurons, or for ,units=0-3+7. csv:FILE has the columns t, z0, z1, … and straight lines between its rows (two rows of one t are a "
            + "jump), hold:FILE keeps each row until the next.",
        HelpName = "KIND:…",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>The stimulus that all of them make.</summary>
    /// <exception cref="Failure">One cannot be meant.</exception>
    public static Stimulus Of(IEnumerable<string> texts, int n) => texts.Aggregate(new Stimulus(n), (sum, text) =>
    {
        try
        {
            return Add(sum, text);
        }
        catch (FormatException expected)
        {
            throw Failure.Usage($"{Name} is '{text}', but {expected.Message}");
        }
        catch (ArgumentException wrong)
        {
            throw Failure.Usage($"{Name} is '{text}': {Failure.Of(wrong).Sentence}");
        }
    });

    static Stimulus Add(Stimulus to, string text)
    {
        var colon = text.IndexOf(':');
        if (colon < 0) throw new FormatException($"a kind and what is to be told of it are expected, as in {Example("step")}.");
        var (kind, rest) = (Setting.OneOf(text[..colon], [.. Kinds.Select(each => each.Kind), Csv, Hold]), text[(colon + 1)..]);
        if (kind is Csv or Hold) return Table(to, rest, kind == Hold);
        var keys = Kinds.First(each => each.Kind == kind).Keys;
        var given = new Dictionary<string, string>();
        foreach (var part in rest.Split(','))
        {
            if (part.Split('=') is not [var key, var value])
                throw new FormatException($"'{part}' is no key=value; as in {Example(kind)} is expected.");
            if (!given.TryAdd(Setting.OneOf(key, [.. keys.Select(each => each.Key), Units]), value))
                throw new FormatException($"{key} is there twice; leave one.");
        }
        double Number(string key)
        {
            if (given.TryGetValue(key, out var value)) return Setting.Number(value, $"{key} is '{value}', and a number", _ => true);
            return keys.First(each => each.Key == key).Otherwise
                ?? throw new FormatException($"{key} is missing; as in {Example(kind)} is expected.");
        }
        var units = given.TryGetValue(Units, out var named) ? UnitsOf(named, to.N) : null;
        return kind switch
        {
            "step" => to.Step(Number("at"), Number("by"), units),
            "pulse" => to.Pulse(Number("at"), Number("for"), Number("by"), units),
            "ramp" => to.Ramp(Number("from"), Number("until"), Number("by"), units),
            _ => to.Sine(Number("period"), Number("by"), Number("phase"), Number("from"), Number("until"), units),
        };
    }

    static string Example(string kind) => kind switch
    {
        "step" => "step:at=10,by=0.5",
        "pulse" => "pulse:at=10,for=5,by=1",
        "ramp" => "ramp:from=10,until=20,by=1",
        _ => "sine:period=25,by=0.2",
    };

    // "0-3+7".
    static IEnumerable<int> UnitsOf(string text, int n) => text.Split('+').SelectMany(part =>
    {
        var ends = part.Split('-');
        if (ends.Length > 2 || !ends.All(end => int.TryParse(end, System.Globalization.NumberStyles.None, null, out _)))
            throw new FormatException($"{Units} is '{text}', and neurons from 0 are expected, as in 0-3+7.");
        var (first, last) = (int.Parse(ends[0]), int.Parse(ends[^1]));
        if (last < first || last >= n)
            throw new FormatException(
                $"{Units} is '{text}', where {part} names none of the {n} neurons, which count from 0 to {n - 1}; write 0-3+7 or the like.");
        return Enumerable.Range(first, last - first + 1);
    });

    static Stimulus Table(Stimulus to, string path, bool isHeld)
    {
        var table = NumberTable.Read(path, Name);
        var time = table.Column("t");
        (int Unit, int Column)[] columns =
        [
            .. table.Columns!.Index().Where(each => each.Index != time).Select(each => each.Item is ['z', .. var number]
                && int.TryParse(number, System.Globalization.NumberStyles.None, null, out var unit) ? (unit, each.Index)
                : throw Failure.Usage($"'{path}' has a column '{each.Item}', but {Name} asks for t, z0, z1, …; rename it, or leave it out.")),
        ];
        var values = new double[table.Rows * columns.Length];
        for (var row = 0; row < table.Rows; row++)
            for (var k = 0; k < columns.Length; k++) values[row * columns.Length + k] = table[row, columns[k].Column];
        return to.Table([.. Enumerable.Range(0, table.Rows).Select(row => table[row, time])], values, isHeld, columns.Select(each => each.Unit));
    }
}
