using System.Globalization;

namespace Organics.Tests;

/// <summary>Cultures that write numbers in other ways, made by hand: they are there also where globalization is invariant and without ICU.</summary>
static class Cultures
{
    /// <summary>German, with a decimal comma; Swedish, with another minus sign too; Arabic, whose signs hold a mark of direction and whose NaN is two words.</summary>
    public static TheoryData<string> Names => ["de-DE", "sv-SE", "ar-SA"];

    /// <summary>Runs something under a culture, other threads of the pool included.</summary>
    public static T Under<T>(string name, Func<T> work)
    {
        var (before, others) = (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture);
        var culture = new CultureInfo("");
        var numbers = culture.NumberFormat;
        (numbers.NumberDecimalSeparator, numbers.NumberGroupSeparator, numbers.NegativeSign, numbers.PositiveSign, numbers.NaNSymbol) = name switch
        {
            "de-DE" => (",", ".", "-", "+", "NaN"),
            "sv-SE" => (",", "\u00A0", "\u2212", "+", "¤¤¤"),
            "ar-SA" => ("٫", "٬", "\u061C-", "\u061C+", "ليس رقم"),
            _ => throw new ArgumentException($"'{name}' is no culture of these tests.", nameof(name)),
        };
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = culture;
            return work();
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture) = (before, others);
        }
    }
}
