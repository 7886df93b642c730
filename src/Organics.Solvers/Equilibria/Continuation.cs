namespace Organics;

/// <summary>
/// Follows an equilibrium along one parameter by its arc length, through folds (Keller's pseudo-arclength continuation; Allgower &amp; Georg, Introduction to
/// Numerical Continuation Methods, ch. 6), in the coordinates of <see cref="EquilibriumEquations"/> and the parameter. A fold is where the parameter turns, a
/// branch point where det[∂f/∂x ∂f/∂t; tangent] changes its sign, a Hopf point where a conjugate pair crosses the axis.
/// </summary>
public static class Continuation
{
    const double FirstStep = 0.02, LeastStep = 1e-7;

    /// <summary>
    /// Follows a branch. Where a step would leave it for another branch nearby, it is made smaller; where no step is small enough, the branch ends
    /// with <see cref="BranchEnd.NoStep"/>.
    /// </summary>
    /// <param name="family">The equations at a value of the parameter; n must not change.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to go; the branch ends there, or where it comes back to <paramref name="from"/>.</param>
    /// <param name="start">An equilibrium at <paramref name="from"/>.</param>
    /// <param name="steps">The most points.</param>
    /// <param name="largestStep">
    /// The longest step, by arc in the equations' coordinates and the parameter, whose range counts as 1. Four marks lie on each step: what comes and goes
    /// between two of them, as a pair that crosses the axis and comes back, is found where the largest step is as short as that.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The largest step is not positive.</exception>
    /// <exception cref="ArithmeticException">The start is no equilibrium, or a bifurcation; or ∂f/∂x is singular along the branch.</exception>
    public static Branch Follow(
        Func<double, EquilibriumEquations> family, double from, double to, Equilibrium start, int steps = 2000, double largestStep = 0.2)
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(start);
        if (!(largestStep > LeastStep))
            throw new ArgumentOutOfRangeException(nameof(largestStep), $"The largest step is {largestStep}; give a number above {LeastStep}.");
        var curve = new EquilibriumCurve(family, from, to, largestStep);
        double[] x = [.. family(from).Coordinates(start.State), 0];
        if (!curve.Correct(x, null))
            throw new ArithmeticException($"The start of the branch is no equilibrium at {from}; find one there with Equilibria.Near.");
        var along = new double[x.Length];
        along[^1] = 1;
        var here = curve.At(x, along) ?? throw new ArithmeticException(
            $"The branch has no direction at {from}: that is a bifurcation itself, or a quantity is conserved; begin beside it, or eliminate an unknown.");
        return Walk(curve, here, [here.Point], steps);
    }

    /// <summary>Follows the branch that crosses at a branch point, both ways from there, over the range of the branch on which it was met.</summary>
    /// <param name="at">A branch point at which two branches cross.</param>
    /// <param name="steps">The most points of each.</param>
    /// <returns>Up to two branches that begin at the point: those that stay within the range.</returns>
    /// <exception cref="ArgumentException">The bifurcation is no branch point, or more than two branches meet there.</exception>
    public static IReadOnlyList<Branch> Switch(Bifurcation at, int steps = 2000)
    {
        ArgumentNullException.ThrowIfNull(at);
        return at.Others?.Invoke(steps)
            ?? throw new ArgumentException(
                $"The bifurcation at {at.Parameter} is a {at.Type} whose other branch is not known; give a branch point at which two branches cross.",
                nameof(at));
    }

    /// <summary>Follows a branch both ways from a point on it, in a direction.</summary>
    internal static List<Branch> Switch(EquilibriumCurve curve, double[] x, double[] direction, BranchPoint at, int steps)
    {
        List<Branch> branches = [];
        foreach (var side in (double[])[1, -1])
        {
            double[] along = [.. direction.Select(v => side * v)];
            // So far that the branches are apart, and as near as that allows.
            for (var step = FirstStep; step > LeastStep; step /= 2)
            {
                double[] next = [.. x.Zip(along, (v, d) => v + step * d)];
                if (next[^1] is > 1 or < 0 || !curve.Correct(next, along) || next[^1] is > 1 or < 0) continue;
                double[] chord = [.. next.Zip(x, (a, b) => a - b)];
                if (Vectors.Dot(chord, along) < 0.7 * Math.Sqrt(Vectors.Dot(chord, chord)) || curve.At(next, along) is not { } mark) continue;
                branches.Add(Walk(curve, mark, [at, mark.Point], steps));
                break;
            }
        }
        return branches;
    }

    /// <summary>Follows a branch of any system's equilibria.</summary>
    /// <param name="family">The system at a value of the parameter; n must not change.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to go; the branch ends there, or where it comes back to <paramref name="from"/>.</param>
    /// <param name="start">An equilibrium at <paramref name="from"/>.</param>
    /// <param name="scale">The typical size of each element of the state; 1 if not given.</param>
    /// <param name="steps">The most points.</param>
    /// <param name="largestStep">The longest step, by arc in the scaled state and the parameter, whose range counts as 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The largest step is not positive.</exception>
    /// <exception cref="ArithmeticException">The start is no equilibrium, or a bifurcation.</exception>
    public static Branch Follow(
        Func<double, IOdeSystem> family, double from, double to, Equilibrium start, double[]? scale = null, int steps = 2000, double largestStep = 0.2)
    {
        ArgumentNullException.ThrowIfNull(family);
        return Follow(v => new SystemEquations(family(v), scale, nameof(family)), from, to, start, steps, largestStep);
    }

    static Branch Walk(EquilibriumCurve curve, CurveMark here, List<BranchPoint> points, int steps)
    {
        var m = here.X.Length;
        var along = new double[m];
        along[^1] = 1;
        var events = new BranchEvents(curve, m - 1);
        var step = Math.Min(FirstStep, curve.LargestStep);
        while (points.Count < steps)
        {
            var next = new double[m];
            for (var i = 0; i < m; i++) next[i] = here.X[i] + step * here.Tangent[i];
            var normal = here.Tangent;
            var isLast = next[^1] is > 1 or < 0;
            if (isLast)
            {
                // The last step ends on the edge exactly.
                var edge = next[^1] > 1 ? 1.0 : 0.0;
                var part = (edge - here.X[^1]) / (next[^1] - here.X[^1]);
                for (var i = 0; i < m; i++) next[i] = here.X[i] + part * step * here.Tangent[i];
                next[^1] = edge;
                normal = along;
            }
            if (curve.Correct(next, normal) && (isLast ? curve.Last(here, next) : curve.At(next, here.Tangent)) is { } there
                && (isLast || Vectors.Dot(here.Tangent, there.Tangent) > 0.95))
            {
                // Not at one point but along the branch: every point of it would be a branch point.
                if (here.IsSingular && there.IsSingular)
                    throw new ArithmeticException(
                        $"∂f/∂x is singular all along the branch at {there.Point.Parameter}, as where a quantity is conserved; eliminate an unknown by it.");
                if (events.Between(here, there))
                {
                    points.Add(there.Point);
                    if (isLast)
                    {
                        events.Close(there);
                        return new(points, events.Found, BranchEnd.Range);
                    }
                    here = there;
                    step = Math.Min(curve.LargestStep, 1.5 * step);
                    continue;
                }
            }
            if ((step /= 2) < LeastStep) return new(points, events.Found, BranchEnd.NoStep);
        }
        return new(points, events.Found, BranchEnd.StepLimit);
    }
}
