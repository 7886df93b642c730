namespace Organics;

/// <summary>
/// What is found of a family of circuits along one parameter: the branches of fixed points that begin at either end of its range, those that cross them, and
/// the periodic orbits that are born at their Hopf points. The stable fixed point of <see cref="SteadyState.StableOf"/> is among the beginnings; with Wr ≠ I
/// there may be others that no search meets. Closed branches that reach neither end and cross no other are not found.
/// </summary>
/// <param name="Branches">Branches of fixed points, each once; states are (y, a).</param>
/// <param name="Orbits">Branches of periodic orbits, each once.</param>
/// <param name="Notes">What was tried in vain, a sentence each.</param>
public sealed record BifurcationSurvey(IReadOnlyList<Branch> Branches, IReadOnlyList<OrbitBranch> Orbits, IReadOnlyList<string> Notes)
{
    // Branches that come so near to one another, in y/η and log a, halfway are the same one.
    const double Same = 0.02;

    // A branch of orbits that shrinks to a Hopf point ends within this part of the range beside it.
    const double Beside = 0.02;

    // Branch points of two branches that are so near to one another are where they cross.
    const double OnePlace = 1e-6;

    const int MostBranches = 64;

    /// <summary>Surveys a family.</summary>
    /// <param name="family">The circuit at a value of the parameter; n must not change.</param>
    /// <param name="from">An end of the parameter's range.</param>
    /// <param name="to">The other.</param>
    /// <param name="orbits">Whether orbits are followed; of many neurons they take long.</param>
    /// <param name="largestStep">As in <see cref="CircuitEquilibria.Follow"/>.</param>
    /// <param name="steps">The most points of a branch of fixed points.</param>
    /// <param name="orbitSteps">The most points of a branch of orbits.</param>
    /// <param name="onProgress">Hears what is done, in words.</param>
    /// <param name="cancellation">Gives up between two branches.</param>
    public static BifurcationSurvey Of(
        Func<double, Circuit> family, double from, double to, bool orbits = true, double largestStep = 0.1, int steps = 2000, int orbitSteps = 100,
        Action<string>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(family);
        var units = CircuitUnits.Of(family(from), family(to));
        List<Branch> branches = [];
        List<string> notes = [];
        void Try(string what, Action action)
        {
            cancellation.ThrowIfCancellationRequested();
            onProgress?.Invoke($"{branches.Count} branches; {what}");
            try
            {
                action();
            }
            catch (Exception error) when (error is ArithmeticException or ArgumentException)
            {
                // A branch point at which more than two branches meet is not switched at.
                notes.Add($"{what}: {error.Message}");
            }
        }

        foreach (var (begin, end) in (ReadOnlySpan<(double, double)>)[(from, to), (to, from)])
        {
            List<Equilibrium> starts = [];
            // The one that is reported as the circuit's own comes first; with random starts alone the search may miss it.
            Try(FormattableString.Invariant($"a stable fixed point at {begin:G6}"), () => starts.AddRange(Stable(family(begin))));
            Try(FormattableString.Invariant($"fixed points at {begin:G6}"), () => starts.AddRange(CircuitEquilibria.Of(family(begin))));
            foreach (var start in starts)
                if (!branches.Any(b => Passes(b, begin, start, units)))
                    Try(FormattableString.Invariant($"the branch from {begin:G6}"), ()
                        => branches.Add(CircuitEquilibria.Follow(family, begin, end, start, steps, largestStep)));
        }
        // Branches that are met this way may cross others.
        for (var k = 0; k < branches.Count && branches.Count < MostBranches; k++)
            foreach (var crossing in branches[k].Bifurcations.Where(b => b.Type == BifurcationType.BranchPoint && !IsSwitched(branches.Take(k), b, units)))
                Try(FormattableString.Invariant($"the branch that crosses at {crossing.Parameter:G6}"), () =>
                {
                    foreach (var other in Continuation.Switch(crossing, steps))
                        if (!branches.Any(b => IsSame(b, other, units))) branches.Add(other);
                });
        List<OrbitBranch> cycles = [];
        if (orbits)
            foreach (var hopf in branches.SelectMany(b => b.Bifurcations).Where(b => b.Type == BifurcationType.Hopf))
                if (!cycles.Any(c => EndsAt(c, hopf, Math.Abs(to - from))))
                    Try(FormattableString.Invariant($"the orbits from the Hopf point at {hopf.Parameter:G6}"), () => cycles.Add(PeriodicOrbits.FromHopf(
                        v => new CircuitSystem(family(v)), Math.Min(from, to), Math.Max(from, to), hopf, scale: Scale(hopf.Point, units), steps: orbitSteps)));
        return new(branches, cycles, notes);
    }

    static IEnumerable<Equilibrium> Stable(Circuit circuit)
        => StableSearch.Of(circuit, new()) is { IsStable: true, Point: var point } && CircuitEquilibria.Near(circuit, point.Y, point.A) is { } stable
            ? [stable] : [];

    // Of a unit at rest a part of the liveliest one's, or of what it may come to.
    static double[] Scale(Equilibrium point, double[] units)
    {
        var (y, a) = point.Split();
        return [.. y.Select((v, i) => Math.Max(Math.Abs(v), Math.Max(0.1 * y.Max(Math.Abs), 0.01 * units[i]))), .. a];
    }

    static double Distance(Equilibrium p, Equilibrium q, double[] units) => CircuitUnits.Distance(p.State, q.State, units);

    // Only its ends lie at an end of the range.
    static bool Passes(Branch branch, double parameter, Equilibrium point, double[] units)
        => new[] { branch.Points[0], branch.Points[^1] }.Any(p => p.Parameter == parameter && Distance(p.Point, point, units) < 1e-6);

    // A branch that was met before has been left here for the other, which is the one that comes by now.
    static bool IsSwitched(IEnumerable<Branch> before, Bifurcation crossing, double[] units) => before.SelectMany(b => b.Bifurcations).Any(b
        => b.Type == BifurcationType.BranchPoint && b.Crossing != CrossingType.Multiple && Distance(b.Point, crossing.Point, units) < OnePlace
            && Math.Abs(b.Parameter - crossing.Parameter) <= OnePlace * Math.Max(Math.Abs(b.Parameter), Math.Abs(crossing.Parameter)));

    static bool IsSame(Branch branch, Branch other, double[] units)
    {
        var middle = other.Points[other.Points.Count / 2];
        for (var k = 0; k + 1 < branch.Points.Count; k++)
        {
            var (p, q) = (branch.Points[k], branch.Points[k + 1]);
            var part = (middle.Parameter - p.Parameter) / (q.Parameter - p.Parameter);
            if (!(part is >= 0 and <= 1)) continue;
            double[] between = [.. p.Point.State.Zip(q.Point.State, (a, b) => a + part * (b - a))];
            if (Distance(middle.Point, p.Point with { State = between }, units) < Same) return true;
        }
        return false;
    }

    static bool EndsAt(OrbitBranch orbits, Bifurcation hopf, double range)
        => orbits.End == BranchEnd.Point && orbits.Points.Count > 0 && Math.Abs(orbits.Points[^1].Parameter - hopf.Parameter) < Beside * range;
}
