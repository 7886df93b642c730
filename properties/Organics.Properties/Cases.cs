using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Organics.Properties;

/// <summary>
/// How many random cases a law is tried on: 1,000, or the number in the environment variable ORGANICS_CASES. The seed is fixed, so that a
/// failure repeats; ORGANICS_SEED gives another one. The report of a failure says "Replay directly at failing step with (a,b,c)": with ORGANICS_REPLAY=a,b,c
/// `dotnet test properties/Organics.Properties --filter NAME-OF-THE-LAW` tries that case alone.
/// </summary>
static class Cases
{
    public static int Count { get; } = Number("ORGANICS_CASES", 1000);

    static readonly ulong Seed = (ulong)Number("ORGANICS_SEED", 20250101);

    /// <summary>The one case to try, if the environment names one.</summary>
    static readonly Replay? Replayed = Environment.GetEnvironmentVariable("ORGANICS_REPLAY") is { Length: > 0 } text ? Parse(text) : null;

    static Replay Parse(string text)
        => text.Trim('(', ')').Split(',') is [var seed, var gamma, var size] && ulong.TryParse(seed, CultureInfo.InvariantCulture, out var s) && ulong.TryParse(gamma, CultureInfo.InvariantCulture, out var g) && int.TryParse(size, CultureInfo.InvariantCulture, out var n)
            ? new(new Rnd(s, g), n)
            : throw new FormatException($"ORGANICS_REPLAY is '{text}'; give the three numbers of a report, such as 1,3,1.");

    /// <summary>Tries a law on random cases; <paramref name="share"/> divides their number where one case is expensive.</summary>
    public static void ForAll<A>(Gen<A> cases, Action<A> law, int share = 1)
        => Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Replayed is null ? Math.Max(1, Count / share) : 1).WithReplay(Replayed ?? new Replay(new Rnd(Seed, 2 * Seed + 1), null)),
            Prop.ForAll(cases.ToArbitrary(), law));

    /// <summary>A number of [min, max], evenly distributed.</summary>
    public static Gen<double> Between(double min, double max)
        => Gen.Choose(0, int.MaxValue).Select(u => min + (max - min) * (u / (double)int.MaxValue));

    static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var n) && n > 0 ? n : otherwise;
}
