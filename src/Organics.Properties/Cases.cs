using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Organics.Properties;

/// <summary>
/// How many random cases a law is tried on: 1,000, or the number in the environment variable ORGANICS_CASES. The seed is fixed, so that a
/// failure repeats; ORGANICS_SEED gives another one. The report of a failure says "Replay directly at failing step with (a,b,c)": with ORGANICS_REPLAY=a,b,c
/// `dotnet test PROJECT --filter NAME-OF-THE-LAW` tries that case alone.
/// </summary>
public static class Cases
{
    /// <summary>The number of cases.</summary>
    public static int Count { get; } = Number("ORGANICS_CASES", 1000);

    static readonly ulong Seed = (ulong)Number("ORGANICS_SEED", 20250101);

    /// <summary>The one case to try, if the environment names one.</summary>
    static readonly Replay? Replayed = Environment.GetEnvironmentVariable("ORGANICS_REPLAY") is { Length: > 0 } text ? Parse(text) : null;

    static Replay Parse(string text)
        => text.Trim('(', ')').Split(',') is [var seed, var gamma, var size] && ulong.TryParse(seed, CultureInfo.InvariantCulture, out var s) && ulong.TryParse(gamma, CultureInfo.InvariantCulture, out var g) && int.TryParse(size, CultureInfo.InvariantCulture, out var n)
            ? new(new Rnd(s, g), n)
            : throw new FormatException($"ORGANICS_REPLAY is '{text}'; give the three numbers of a report, such as 1,3,1.");

    /// <summary>Tries a law on random cases; <paramref name="share"/> divides their number where one case is expensive.</summary>
    /// <exception cref="Exception">What the law threw, in FsCheck's report.</exception>
    public static void ForAll<A>(Gen<A> cases, Action<A> law, int share = 1)
        => Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Replayed is null ? Math.Max(1, Count / share) : 1).WithReplay(Replayed ?? new Replay(new Rnd(Seed, 2 * Seed + 1), null)),
            Prop.ForAll(cases.ToArbitrary(), law));

    /// <summary>Tries a law; when it fails, the simplest case found that fails it is handed on, and the message says what became of it.</summary>
    /// <param name="cases">Random cases.</param>
    /// <param name="law">Throws where it does not hold.</param>
    /// <param name="simpler">Cases that are simpler than one, the simplest first.</param>
    /// <param name="report">What to tell of the simplest: the file that it was written to, or, of a system that no file holds, the code that makes it
    /// again.</param>
    /// <param name="share">Divides the number of cases where one is expensive.</param>
    public static void ForAll<A>(Gen<A> cases, Action<A> law, Func<A, IEnumerable<A>> simpler, Func<A, string> report, int share = 1)
    {
        ArgumentNullException.ThrowIfNull(law);
        ArgumentNullException.ThrowIfNull(simpler);
        ArgumentNullException.ThrowIfNull(report);
        ForAll(cases, drawn =>
        {
            if (Failure(law, drawn) is not { } failure) return;
            for (var again = true; again;)
            {
                again = false;
                foreach (var candidate in simpler(drawn))
                {
                    if (Failure(law, candidate) is not { } other) continue;
                    (drawn, failure, again) = (candidate, other, true);
                    break;
                }
            }
            throw new InvalidOperationException($"The law fails for {report(drawn)}. {failure.Message}", failure);
        }, share);
    }

    static Exception? Failure<A>(Action<A> law, A drawn)
    {
        try
        {
            law(drawn);
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    /// <summary>A number of [min, max], evenly distributed.</summary>
    public static Gen<double> Between(double min, double max)
        => Gen.Choose(0, int.MaxValue).Select(u => min + (max - min) * (u / (double)int.MaxValue));

    static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var n) && n > 0 ? n : otherwise;
}
