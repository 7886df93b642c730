namespace Organics;

/// <summary>The phase portrait of any planar system: nullclines, arrows of the flow, trajectories and equilibria.</summary>
public static class PhasePortrait
{
    const int Cells = 160, ArrowsAcross = 17, ArrowsUp = 13;

    /// <summary>Draws a portrait.</summary>
    /// <param name="system">An autonomous system of two unknowns.</param>
    /// <param name="x">The range of the first.</param>
    /// <param name="y">The range of the second.</param>
    /// <param name="title">What the figure shows.</param>
    /// <param name="xLabel">Name and unit of the first.</param>
    /// <param name="yLabel">Name and unit of the second.</param>
    /// <param name="starts">Where trajectories begin, two elements each; none draws a grid of them.</param>
    /// <param name="duration">How long they are, in units of time.</param>
    /// <param name="equilibria">Points to mark, filled where stable; null seeks them.</param>
    /// <returns>An SVG document.</returns>
    /// <exception cref="ArgumentException">The system is not planar, or may depend on time.</exception>
    public static string Draw(
        IOdeSystem system, (double Min, double Max) x, (double Min, double Max) y, string title, string xLabel = "x", string yLabel = "y",
        IReadOnlyList<double[]>? starts = null, double duration = 50,
        IReadOnlyList<Equilibrium>? equilibria = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        if (system.Dimension != 2 || !system.IsAutonomous)
            throw new ArgumentException(
                $"The system has {system.Dimension} unknowns{(system.IsAutonomous ? "" : " and may depend on time")}; "
                + "a portrait is of an autonomous one of two.", nameof(system));
        equilibria ??= Equilibria.Of(system, [x.Min, y.Min], [x.Max, y.Max]);
        starts ??=
        [
            .. from u in (double[])[0.05, 0.35, 0.65, 0.95]
               from v in (double[])[0.05, 0.5, 0.95]
               select new[] { x.Min + u * (x.Max - x.Min), y.Min + v * (y.Max - y.Min) },
        ];
        PlotSeries Points(string name, bool isStable)
        {
            Equilibrium[] chosen = [.. equilibria.Where(p => p.IsStable == isStable)];
            return new(name, chosen.Select(p => p.State[0]).ToArray(), chosen.Select(p => p.State[1]).ToArray());
        }
        var others = equilibria.Any(p => p.Type == EquilibriumType.Degenerate) ? "unstable, or not decided" : "unstable";
        return SvgPlot.Plane(
            title, xLabel, yLabel, Nullclines(system, x, y, xLabel, yLabel), [.. starts.Select(s => Path(system, s, duration))],
            [Points("stable", true), Points(others, false)],
            x, y, Arrows(system, x, y));
    }

    /// <summary>The flow at the points of a grid: a direction at each, as long as a share of the grid's step that grows with the speed.</summary>
    /// <param name="system">A system of two unknowns.</param>
    /// <param name="x">The range of the first.</param>
    /// <param name="y">The range of the second.</param>
    public static IReadOnlyList<PlotArrow> Arrows(IOdeSystem system, (double Min, double Max) x, (double Min, double Max) y)
    {
        ArgumentNullException.ThrowIfNull(system);
        var rate = new double[2];
        var (wide, high) = (x.Max - x.Min, y.Max - y.Min);
        List<(double X, double Y, double Dx, double Dy, double Speed)> grid = [];
        for (var i = 0; i < ArrowsAcross; i++)
            for (var j = 0; j < ArrowsUp; j++)
            {
                var (px, py) = (x.Min + (i + 0.5) / ArrowsAcross * wide, y.Min + (j + 0.5) / ArrowsUp * high);
                system.Rate(0, [px, py], rate);
                // In units of the window, in which the picture is drawn.
                var (dx, dy) = (rate[0] / wide, rate[1] / high);
                var speed = double.Hypot(dx, dy);
                if (speed > 0 && double.IsFinite(speed)) grid.Add((px, py, dx / speed, dy / speed, speed));
            }
        var fastest = grid.Select(a => a.Speed).DefaultIfEmpty(1).Max();
        // From a quarter of a step to three quarters; half of the speeds of a flow over decades would else be dots.
        return [.. grid.Select(a =>
        {
            var length = (0.25 + 0.5 * Math.Pow(a.Speed / fastest, 0.3)) / ArrowsAcross;
            return new PlotArrow(a.X, a.Y, a.X + length * a.Dx * wide, a.Y + length * a.Dy * high);
        })];
    }

    /// <summary>A trajectory, by the method's dense output: a large step is no straight line.</summary>
    /// <param name="system">A system of two unknowns.</param>
    /// <param name="start">Where it begins, two elements.</param>
    /// <param name="duration">How long it is.</param>
    public static PlotSeries Path(IOdeSystem system, double[] start, double duration)
    {
        const int Parts = 8;
        var course = Ode.Integrate(system, RungeKutta.DormandPrince, start, 0, duration, new() { RelativeTolerance = 1e-6, MaxSteps = 20_000 });
        var (xs, ys, state) = (new List<double>(), new List<double>(), new double[2]);
        for (var k = 0; k + 1 < course.Times.Length; k++)
            for (var part = 0; part < Parts; part++)
            {
                course.At(course.Times[k] + (double)part / Parts * (course.Times[k + 1] - course.Times[k]), state);
                xs.Add(state[0]);
                ys.Add(state[1]);
            }
        xs.Add(course.EndState[0]);
        ys.Add(course.EndState[1]);
        return new("", xs.ToArray(), ys.ToArray());
    }

    /// <summary>Where either rate is 0, by marching squares: straight lines through the cells of a grid at whose corners its sign changes.</summary>
    static PlotSeries[] Nullclines(IOdeSystem system, (double Min, double Max) x, (double Min, double Max) y, string xName, string yName)
    {
        var values = new double[2][,];
        for (var c = 0; c < 2; c++) values[c] = new double[Cells + 1, Cells + 1];
        double X(double i) => x.Min + i / Cells * (x.Max - x.Min);
        double Y(double j) => y.Min + j / Cells * (y.Max - y.Min);
        var rate = new double[2];
        for (var i = 0; i <= Cells; i++)
            for (var j = 0; j <= Cells; j++)
            {
                system.Rate(0, [X(i), Y(j)], rate);
                (values[0][i, j], values[1][i, j]) = (rate[0], rate[1]);
            }
        return [Curve(values[0], $"d{xName}/dt = 0"), Curve(values[1], $"d{yName}/dt = 0")];

        PlotSeries Curve(double[,] f, string name)
        {
            var (xs, ys) = (new List<double>(), new List<double>());
            for (var i = 0; i < Cells; i++)
                for (var j = 0; j < Cells; j++)
                {
                    // Around the cell; where four sides are crossed the pairs are taken in order.
                    (int I, int J)[] corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
                    List<(double X, double Y)> crossings = [];
                    for (var k = 0; k < 4; k++)
                    {
                        var (a, b) = (corners[k], corners[(k + 1) % 4]);
                        var (low, high) = (f[a.I, a.J], f[b.I, b.J]);
                        if (!(low < 0 != high < 0) || !double.IsFinite(low) || !double.IsFinite(high)) continue;
                        var part = low / (low - high);
                        crossings.Add((X(a.I + part * (b.I - a.I)), Y(a.J + part * (b.J - a.J))));
                    }
                    for (var k = 0; k + 1 < crossings.Count; k += 2)
                    {
                        xs.AddRange([crossings[k].X, crossings[k + 1].X, double.NaN]);
                        ys.AddRange([crossings[k].Y, crossings[k + 1].Y, double.NaN]);
                    }
                }
            return new(name, xs.ToArray(), ys.ToArray());
        }
    }
}

/// <summary>An arrow of a figure.</summary>
/// <param name="FromX">Where it begins.</param>
/// <param name="FromY">Where it begins.</param>
/// <param name="ToX">Where its head is.</param>
/// <param name="ToY">Where its head is.</param>
public readonly record struct PlotArrow(double FromX, double FromY, double ToX, double ToY);
