using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Organics;

/// <summary>Options that take numbers and choices, read in the invariant culture, and complain in one sentence.</summary>
static class Numbers
{
    /// <summary>A whole number.</summary>
    public static Option<int> Whole(string name, string description, int standard, int least, int most = int.MaxValue) => new(name)
    {
        Description = $"{description} [{standard}]",
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        CustomParser = result => Parse(result, name, most == int.MaxValue ? $"a whole number from {least} on" : $"a whole number from {least} to {most}", text =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : (int?)null),
    };

    /// <summary>A number above 0.</summary>
    public static Option<double> Positive(string name, string description, double standard) => Number(name, description, standard, "a number above 0", x => x > 0);

    /// <summary>A number.</summary>
    /// <param name="name">With its two hyphens.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="standard">What holds where it is not given; NaN where it must be.</param>
    /// <param name="expected">What the complaint says.</param>
    /// <param name="holds">Whether a finite number is accepted.</param>
    public static Option<double> Number(string name, string description, double standard, string expected, Func<double, bool> holds) => new(name)
    {
        Description = double.IsNaN(standard) ? description : $"{description} [{standard.ToString(CultureInfo.InvariantCulture)}]",
        HelpName = "X",
        Required = double.IsNaN(standard),
        DefaultValueFactory = double.IsNaN(standard) ? null : _ => standard,
        CustomParser = result => Parse(result, name, expected, text =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) && holds(x) ? x : (double?)null),
    };

    /// <summary>One of some words; the first is the default.</summary>
    public static Option<string> Choice(string name, string description, params string[] words) => new(name)
    {
        Description = $"{description} [{words[0]}]",
        HelpName = string.Join("|", words),
        DefaultValueFactory = _ => words[0],
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (words.Contains(text)) return text;
            var nearest = Suggestion.Nearest(text, words);
            result.AddError($"{name} is '{text}', but one of {string.Join(", ", words)} is expected{(nearest is null ? "" : $"; did you mean {nearest}?")}");
            return words[0];
        },
    };

    /// <summary>Whether the command line has an option.</summary>
    public static bool IsIn(ParseResult given, string name) => given.GetResult(name) is OptionResult { Implicit: false };

    static T Parse<T>(ArgumentResult result, string name, string expected, Func<string, T?> parse) where T : struct
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (parse(text) is { } value) return value;
        result.AddError($"{name} is '{text}', but {expected} is expected");
        return default;
    }
}
