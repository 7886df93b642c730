using FsCheck;
using FsCheck.Fluent;

namespace Organics.Properties;

/// <summary>
/// How many random cases a law is tried on: 1,000, or the number in the environment variable ORGANICS_CASES. The seed is fixed, so that a
/// failure repeats; ORGANICS_SEED gives another one. FsCheck's report of a failure names the seed of the failing case.
/// </summary>
static class Cases
{
    public static int Count { get; } = Number("ORGANICS_CASES", 1000);

    static readonly ulong Seed = (ulong)Number("ORGANICS_SEED", 20250101);

    /// <summary>Tries a law on random cases; <paramref name="share"/> divides their number where one case is expensive.</summary>
    public static void ForAll<A>(Gen<A> cases, Action<A> law, int share = 1)
        => Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Math.Max(1, Count / share)).WithReplay(new Replay(new Rnd(Seed, 2 * Seed + 1), null)),
            Prop.ForAll(cases.ToArbitrary(), law));

    /// <summary>A number of [min, max], evenly distributed.</summary>
    public static Gen<double> Between(double min, double max)
        => Gen.Choose(0, int.MaxValue).Select(u => min + (max - min) * (u / (double)int.MaxValue));

    static int Number(string variable, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), out var n) && n > 0 ? n : otherwise;
}
