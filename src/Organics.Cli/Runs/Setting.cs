using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Organics;

/// <summary>An option that sets one part of a configuration; and how every command reads the values of its options.</summary>
/// <param name="Name">With its two hyphens.</param>
/// <param name="Value">What the help calls the value.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Show">The value in a configuration as the option would be given; null where it is open.</param>
/// <param name="Parse">The configuration with the value; a FormatException says in words what was expected.</param>
sealed record Setting(string Name, string Value, string Description, Func<TrainingRun, string?> Show, Func<TrainingRun, string, TrainingRun> Parse)
{
    /// <summary>A setting that only one kind of run has.</summary>
    public static Setting Of<R>(string name, string value, string description, Func<R, string?> show, Func<R, string, R> parse) where R : TrainingRun
        => new(name, value, description, run => show((R)run), (run, text) => parse((R)run, text));

    /// <summary>Whether it may differ when a run is resumed.</summary>
    public bool MayChange { get; init; }

    /// <summary>Whether it may be given without a value, and is then true.</summary>
    public bool IsFlag { get; init; }

    /// <summary>For the parser of the command line.</summary>
    /// <param name="otherwise">What holds where it is not given; null where that is open.</param>
    public Option<string> Option(string? otherwise) => new(Name)
    {
        Description = otherwise is null ? Description : $"{Description} [{otherwise}]",
        HelpName = Value,
        Arity = IsFlag ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    };

    /// <summary>An option of a command that has no configuration, null or 0 where it is not given; it complains as a setting does.</summary>
    public static Option<T> Option<T>(string name, string value, string description, Func<string, T> parse) => new(name)
    {
        Description = description,
        HelpName = value,
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            try
            {
                return parse(text);
            }
            catch (FormatException expected)
            {
                result.AddError($"{name} is '{text}', but {expected.Message}");
                return default;
            }
        },
    };

    /// <summary>The same with a value that holds where it is not given.</summary>
    public static Option<T> Option<T>(string name, string value, string description, T otherwise, Func<string, T> parse)
    {
        // Help says by itself what holds.
        var option = Option(name, value, description, parse);
        option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    /// <summary>One of some words; the first holds where none is given.</summary>
    public static Option<string> Choice(string name, string description, params string[] words)
        => Option(name, string.Join('|', words), description, words[0], text => OneOf(text, words));

    /// <summary>Whether the command line has it.</summary>
    public bool IsIn(ParseResult given) => IsIn(given, Name);

    /// <summary>Whether the command line has an option.</summary>
    public static bool IsIn(ParseResult given, string name) => given.GetResult(name) is OptionResult { Implicit: false };

    /// <summary>The configuration with the value that was given, if one was.</summary>
    public TrainingRun Set(TrainingRun run, ParseResult given) => IsIn(given) ? Set(run, given.GetValue<string>(Name) ?? (IsFlag ? "true" : "")) : run;

    /// <summary>The configuration with a value.</summary>
    public TrainingRun Set(TrainingRun run, string text)
    {
        try
        {
            return Parse(run, text);
        }
        catch (FormatException expected)
        {
            throw Failure.Usage($"{Name} is '{text}', but {expected.Message}");
        }
    }

    public static int Whole(string text, int least, int most = int.MaxValue) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n
            : throw new FormatException(
                most == int.MaxValue ? $"a whole number from {least} on is expected." : $"a whole number from {least} to {most} is expected.");

    public static double Number(string text) => Number(text, "a number", _ => true);

    public static double Number(string text, bool positive)
        => Number(text, positive ? "a number above 0" : "a number of 0 or more", x => positive ? x > 0 : x >= 0);

    public static double Number(string text, string expected, Func<double, bool> holds) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) && holds(x) ? x
            : throw new FormatException($"{expected} is expected.");

    public static ulong Seed(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n
            : throw new FormatException($"a whole number from 0 to {ulong.MaxValue} is expected.");

    public static int[] Units(string text)
    {
        try
        {
            return [.. text.Split(',').Select(part => Whole(part, 1, 65536))];
        }
        catch (FormatException)
        {
            throw new FormatException("the units of each layer are expected, separated by commas, as in 50 or 120,60.");
        }
    }

    public static string Schedule(string text)
    {
        try
        {
            return $"{Organics.Schedule.Parse(text)}";
        }
        catch (FormatException)
        {
            throw new FormatException("constant, step:SIZE:FACTOR (as in step:20:0.7) or cosine:EPOCHS is expected.");
        }
    }

    public static string OneOf(string text, params string[] choices)
    {
        if (choices.Contains(text)) return text;
        var nearest = Suggestion.Nearest(text, choices);
        throw new FormatException($"{string.Join(" or ", choices)} is expected{(nearest is null ? "." : $"; did you mean {nearest}?")}");
    }

    public static string NotEmpty(string text) => text.Length > 0 ? text : throw new FormatException("a name is expected.");
}
