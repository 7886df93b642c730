namespace Organics;

/// <summary>Bifurcation diagrams: an element of the state over the parameter, along branches of equilibria and of periodic orbits.</summary>
public static class BifurcationDiagram
{
    // A branch of orbits begins at a Hopf point so near to its end, as parts of the figure.
    const double Beside = 0.05;

    /// <summary>
    /// Draws equilibria and the greatest and least value on each periodic orbit, solid where they are stable and dashed where they are not, and the
    /// bifurcations: Hopf points as filled dots, the others of equilibria as open ones, and where cycles change as grey ones (open where there are none of the former). A branch of orbits that ends beside a Hopf point is drawn to it.
    /// </summary>
    /// <param name="title">What the figure shows.</param>
    /// <param name="parameter">Name and unit of the parameter.</param>
    /// <param name="label">Name and unit of the element.</param>
    /// <param name="element">Which element of the state, from 0.</param>
    /// <param name="equilibria">Branches of equilibria.</param>
    /// <param name="orbits">Branches of periodic orbits.</param>
    /// <returns>An SVG document.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A state has no such element.</exception>
    public static string Draw(
        string title, string parameter, string label, int element, IReadOnlyList<Branch> equilibria, IReadOnlyList<OrbitBranch> orbits)
    {
        (IReadOnlyList<PlotSeries> curves, IReadOnlyList<PlotSeries> points) = Series(element, equilibria, orbits);
        return SvgPlot.Plane(title, parameter, label, curves, [], points, Range(curves, s => s.X), Padded(Range(curves, s => s.Y)));
    }

    /// <summary>What <see cref="Draw"/> draws.</summary>
    /// <param name="element">Which element of the state, from 0.</param>
    /// <param name="equilibria">Branches of equilibria.</param>
    /// <param name="orbits">Branches of periodic orbits.</param>
    /// <returns>Curves of each kind that there is, with a NaN between two pieces; and the bifurcations: Hopf points, of which there may be none, and where
    /// there are such folds and branch points of equilibria, and, with the greatest and the least value, where cycles change: their folds, period doublings,
    /// tori and branch points.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A state has no such element.</exception>
    public static (IReadOnlyList<PlotSeries> Curves, IReadOnlyList<PlotSeries> Points) Series(
        int element, IReadOnlyList<Branch> equilibria, IReadOnlyList<OrbitBranch> orbits)
    {
        ArgumentNullException.ThrowIfNull(equilibria);
        ArgumentNullException.ThrowIfNull(orbits);
        int n = equilibria.SelectMany(b => b.Points).Select(p => p.Point.State.Length)
            .Concat(orbits.SelectMany(b => b.Points).Select(p => p.Orbit.State.Length)).DefaultIfEmpty(int.MaxValue).Min();
        if (element < 0 || element >= n)
            throw new ArgumentOutOfRangeException(nameof(element), $"The element is {element}; the states have {n}, so give 0 to {n - 1}.");
        Mark[] marks = [.. equilibria.SelectMany(b => b.Bifurcations)
            .Select(b => new Mark(b.Parameter, b.Point.State[element], b.Type == BifurcationType.Hopf))];
        List<(bool IsOrbit, List<Place> Curve)> curves = [];
        foreach (Branch branch in equilibria)
            curves.Add((false, [.. branch.Points.Select(p => new Place(p.Parameter, p.Point.State[element], Sign(p.Point.Verdict)))]));
        foreach (OrbitBranch branch in orbits)
        {
            curves.Add((true, [.. branch.Points.Select(p => new Place(p.Parameter, p.Orbit.High[element], Sign(p.Orbit.Verdict)))]));
            curves.Add((true, [.. branch.Points.Select(p => new Place(p.Parameter, p.Orbit.Low[element], Sign(p.Orbit.Verdict)))]));
        }
        ((double Min, double Max) xs, (double Min, double Max) ys) = (RangeOf(p => p.X), RangeOf(p => p.Y));
        (double Min, double Max) RangeOf(Func<Place, double> of) => Range([.. curves.SelectMany(c => c.Curve).Select(of)]);
        double Distance(double x1, double y1, double x2, double y2) => double.Hypot((x1 - x2) / (xs.Max - xs.Min), (y1 - y2) / (ys.Max - ys.Min));

        // Where stability changes is known better than by the points of a branch.
        for (int i = 0; i < equilibria.Count; i++)
            foreach (Bifurcation b in equilibria[i].Bifurcations) Insert(curves[i].Curve, b.Parameter, b.Point.State[element]);
        for (int i = 0; i < orbits.Count; i++)
        {
            (List<Place> high, List<Place> low) = (curves[equilibria.Count + 2 * i].Curve, curves[equilibria.Count + 2 * i + 1].Curve);
            foreach (OrbitBifurcation b in orbits[i].Bifurcations)
            {
                Insert(high, b.Parameter, b.Orbit.High[element]);
                Insert(low, b.Parameter, b.Orbit.Low[element]);
            }
            if (high.Count == 0) continue;
            foreach (Mark hopf in marks.Where(m => m.IsHopf))
            {
                if (IsBeside(high[0], low[0], hopf))
                {
                    high.Insert(0, new(hopf.X, hopf.Y, 0));
                    low.Insert(0, new(hopf.X, hopf.Y, 0));
                }
                else if (IsBeside(high[^1], low[^1], hopf))
                {
                    high.Add(new(hopf.X, hopf.Y, 0));
                    low.Add(new(hopf.X, hopf.Y, 0));
                }
            }
        }
        PlotSeries?[] lines =
        [
            Pieces("stable equilibria", false, true), Pieces("unstable equilibria", false, false),
            Pieces("stable cycles, max and min", true, true), Pieces("unstable cycles, max and min", true, false),
        ];
        IEnumerable<Mark> changes = orbits.SelectMany(b => b.Bifurcations).SelectMany(b => new Mark[]
        {
            new(b.Parameter, b.Orbit.High[element], false), new(b.Parameter, b.Orbit.Low[element], false),
        });
        PlotSeries[] open = [Dots("folds and branch points", marks.Where(m => !m.IsHopf)), Dots("where cycles change", changes)];
        return ([.. lines.OfType<PlotSeries>()], [Dots("Hopf points", marks.Where(m => m.IsHopf)), .. open.Where(s => !s.X.IsEmpty)]);

        bool IsBeside(Place high, Place low, Mark hopf)
            => Distance(high.X, (high.Y + low.Y) / 2, hopf.X, hopf.Y) < Beside && Distance(high.X, high.Y, high.X, low.Y) < 4 * Beside;

        // Into the part of the curve that it makes longer by the least.
        void Insert(List<Place> curve, double x, double y)
        {
            (int at, double least) = (-1, double.PositiveInfinity);
            for (int i = 1; i < curve.Count; i++)
            {
                (Place a, Place b) = (curve[i - 1], curve[i]);
                double longer = Distance(a.X, a.Y, x, y) + Distance(x, y, b.X, b.Y) - Distance(a.X, a.Y, b.X, b.Y);
                if (longer < least) (at, least) = (i, longer);
            }
            if (at > 0) curve.Insert(at, new(x, y, 0));
        }

        // The pieces of one kind, with a gap behind each.
        PlotSeries? Pieces(string name, bool isOrbit, bool isStable)
        {
            (List<double> x, List<double> y) = ([], []);
            foreach ((_, List<Place> curve) in curves.Where(c => c.IsOrbit == isOrbit))
                for (int i = 1; i < curve.Count; i++)
                {
                    (Place a, Place b) = (curve[i - 1], curve[i]);
                    // Between points that differ, without a bifurcation between them, nothing is claimed to be stable.
                    if ((Math.Min(a.Sign, b.Sign) == 0 && a.Sign + b.Sign > 0 || a.Sign + b.Sign == 2) != isStable) continue;
                    if (x.Count == 0 || x[^1] != a.X || y[^1] != a.Y)
                    {
                        x.AddRange([double.NaN, a.X]);
                        y.AddRange([double.NaN, a.Y]);
                    }
                    x.Add(b.X);
                    y.Add(b.Y);
                }
            return x.Count == 0 ? null : new(name, x.ToArray(), y.ToArray()) { IsDashed = !isStable };
        }
    }

    // 1 is stable, −1 is not, and 0 is not known.
    static int Sign(StabilityVerdict verdict) => verdict switch { StabilityVerdict.Stable => 1, StabilityVerdict.Unstable => -1, _ => 0 };

    static PlotSeries Dots(string name, IEnumerable<Mark> marks) => new(name, marks.Select(m => m.X).ToArray(), marks.Select(m => m.Y).ToArray());

    static (double Min, double Max) Range(IReadOnlyList<PlotSeries> curves, Func<PlotSeries, ReadOnlyMemory<double>> of)
        => Range([.. curves.SelectMany(c => of(c).ToArray()).Where(double.IsFinite)]);

    static (double Min, double Max) Range(double[] all)
        => all.Length == 0 ? (0, 1) : all.Min() < all.Max() ? (all.Min(), all.Max()) : (all[0] - 1, all[0] + 1);

    static (double Min, double Max) Padded((double Min, double Max) range)
        => (range.Min - 0.08 * (range.Max - range.Min), range.Max + 0.08 * (range.Max - range.Min));

    readonly record struct Place(double X, double Y, int Sign);

    readonly record struct Mark(double X, double Y, bool IsHopf);
}
