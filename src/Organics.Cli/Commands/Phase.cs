using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>One fixed point of the plane.</summary>
/// <param name="Y">The principal neuron's activity.</param>
/// <param name="A">The modulator neuron's activity.</param>
/// <param name="Eigenvalues">Of the Jacobian there, pairs [re, im] per unit of time.</param>
/// <param name="Stable">Whether it is stable.</param>
/// <param name="Type">StableNode, StableFocus, Saddle, UnstableNode, UnstableFocus or Degenerate.</param>
/// <param name="Basin">The fraction of the window that settles there; of a stable one.</param>
sealed record PlanarPointReport(double Y, double A, double[][] Eigenvalues, bool Stable, string Type, double? Basin)
{
    public static PlanarPointReport Of(PlanarFixedPoint p, double? basin)
        => new(p.Y, p.A, CircuitReport.Pairs([p.Eigenvalues.First, p.Eigenvalues.Second]), p.IsStable, p.Type.ToString(), basin);
}

/// <summary>The plane of one neuron pair; stdout has it with --json.</summary>
/// <param name="Count">How many fixed points there are.</param>
/// <param name="Stable">How many of them are stable.</param>
/// <param name="FixedPoints">All of them.</param>
/// <param name="Undecided">The fraction of the window from which it settles nowhere, or too slowly to tell.</param>
/// <param name="Rectified">Whether the circuit is the rectified one.</param>
/// <param name="Theta">(wr − 1)/wr.</param>
/// <param name="Astroid">The left side of Theorem 5.2's condition, negative where there are three fixed points; where wr is above 1.</param>
/// <param name="Window">The part of the plane that is drawn and searched.</param>
/// <param name="Out">The picture, if one was asked for.</param>
sealed record PhaseReport(
    [property: JsonPropertyName("n_fixed_points")] int Count, [property: JsonPropertyName("n_stable")] int Stable, PlanarPointReport[] FixedPoints,
    double Undecided,
    bool Rectified, double Theta, double? Astroid, PlaneWindow Window, string? Out);

/// <summary>The part of the plane that is drawn and searched: |y| ≤ Y, 0 ≤ a ≤ A.</summary>
/// <param name="Y">The largest |y|.</param>
/// <param name="A">The largest a.</param>
sealed record PlaneWindow(double Y, double A);

/// <summary><c>organics phase</c>.</summary>
static class Phase
{
    const string Wr = "--wr", W = "--w", B = "--b", B0 = "--b0", Sigma = "--sigma", Z = "--z", TauY = "--tau-y", TauA = "--tau-a", Rectified = "--rectified",
        Out = "--out", Json = "--json";

    public static Command Command()
    {
        var command = new Command("phase", "All fixed points of one neuron pair, their types, and its phase portrait.");
        command.Options.Add(Setting.Option(Wr, "X", "Recurrent weight.", 1.0, Setting.Number));
        command.Options.Add(Setting.Option(W, "X", "Normalization weight.", 1.0, text => Setting.Number(text, positive: false)));
        command.Options.Add(Setting.Option(B, "X", "Input gain.", 0.5, text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(B0, "X", "Modulator gain.", 0.5, text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(Sigma, "X", "Semisaturation.", 0.1, text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(Z, "X", "Input drive.", 1.0, Setting.Number));
        command.Options.Add(Setting.Option(TauY, "X", "Time constant of the principal neuron.", 1.0, text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(TauA, "X", "Time constant of the modulator neuron.", 1.0, text => Setting.Number(text, positive: true)));
        command.Options.Add(new Option<bool>(Rectified) { Description = "The rectified circuit (Eq. 102)." });
        command.Options.Add(new Option<string>(Out) { Description = "Draw the phase portrait.", HelpName = "FILE.svg" });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var circuit = new PlanarCircuit(
                given.GetValue<double>(Wr), given.GetValue<double>(W), given.GetValue<double>(B), given.GetValue<double>(B0), given.GetValue<double>(Sigma),
                given.GetValue<double>(Z), given.GetValue<double>(TauY), given.GetValue<double>(TauA), given.GetValue<bool>(Rectified));
            var points = circuit.FixedPoints();
            var window = Portrait.Window(circuit, points);
            var (basins, undecided) = Basins(circuit, window);
            var file = given.GetValue<string>(Out);
            if (file is not null)
            {
                if (!file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
                    throw Failure.Usage($"{Out} is '{file}', but the picture is SVG; name a file that ends in .svg.");
                OutFolder.Save(Path.GetDirectoryName(Path.GetFullPath(file))!, Path.GetFileName(file), Portrait.Draw(circuit, points, window, Title(circuit)));
            }
            var report = new PhaseReport(points.Length, points.Count(p => p.IsStable),
                [.. points.Select(p => PlanarPointReport.Of(p, p.IsStable ? basins.GetValueOrDefault(p) : null))],
                undecided, circuit.Rectified, circuit.Theta, circuit.Astroid, window, file);
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.PhaseReport));
            else Print(report);
            return (int)ExitCode.Done;
        });
        return command;
    }

    /// <summary>The parameters in one line.</summary>
    public static string Title(PlanarCircuit c)
        => $"wr = {c.Wr:G4}, w = {c.W:G4}, b = {c.B:G4}, b0 = {c.B0:G4}, σ = {c.Sigma:G4}, z = {c.Z:G4}{(c.Rectified ? ", rectified" : "")}";

    /// <summary>For every stable fixed point, the fraction of an even grid over the window whose trajectories settle there.</summary>
    static (Dictionary<PlanarFixedPoint, double> Of, double Undecided) Basins(PlanarCircuit circuit, PlaneWindow window)
    {
        const int across = 32, up = 16;
        var ends = new PlanarFixedPoint?[across * up];
        Parallel.For(0, ends.Length, k => ends[k] = circuit.SettlesAt(window.Y * ((k % across + 0.5) * 2 / across - 1), window.A * (k / across + 0.5) / up));
        var of = ends.OfType<PlanarFixedPoint>().CountBy(end => end).ToDictionary(end => end.Key, end => (double)end.Value / ends.Length);
        return (of, (double)ends.Count(end => end is null) / ends.Length);
    }

    static void Print(PhaseReport report)
    {
        Console.Out.WriteLine($"{report.Count} fixed point{(report.Count == 1 ? "" : "s")}, {report.Stable} stable.");
        Console.Out.WriteLine($"{"y",14} {"a",14}  {"type",-14} {"basin",6}  eigenvalues");
        foreach (var p in report.FixedPoints)
            Console.Out.WriteLine(
                $"{p.Y,14:G6} {p.A,14:G6}  {p.Type,-14} {(p.Basin is { } basin ? $"{SafeSide.Percent(basin, 0):F0} %" : ""),6}  "
                + $"{string.Join(", ", p.Eigenvalues.Select(v => v[1] == 0 ? $"{v[0]:G5}" : $"{v[0]:G5}{(v[1] < 0 ? "−" : "+")}{Math.Abs(v[1]):G5}i"))}");
        if (report.Stable > 0) Console.Out.WriteLine($"Basins are fractions of the window |y| ≤ {report.Window.Y:G4}, 0 ≤ a ≤ {report.Window.A:G4}.");
        if (report.Undecided > 0) Console.Out.WriteLine($"From {SafeSide.Percent(report.Undecided, 0):F0} % of it the circuit settles nowhere, or too slowly to tell.");
        if (report.Astroid is { } astroid)
            Console.Out.WriteLine(
                $"(√w|bz|)^⅔ + (wr·b0σ)^⅔ − (wr − 1)^⅔ = {astroid:G4}: {(astroid < 0 ? "three fixed points" : astroid > 0 ? "one fixed point" : "a fold")}"
                + $"{(report.Rectified ? " of the circuit without rectification" : "")} (Theorem 5.2).");
        if (report.Out is not null) Console.Out.WriteLine(Printable.Of($"Drawn in '{report.Out}'."));
    }
}

/// <summary>The phase portrait of one neuron pair: nullclines, trajectories, fixed points and the boundaries of their basins.</summary>
static class Portrait
{
    const int Samples = 600;

    /// <summary>All fixed points, the origin and some room around them.</summary>
    public static PlaneWindow Window(PlanarCircuit circuit, IReadOnlyList<PlanarFixedPoint> points) => new(
        1.4 * Math.Max(0.5, points.Select(p => Math.Abs(p.Y)).DefaultIfEmpty(1).Max()),
        1.6 * Math.Max(2 * circuit.C, points.Select(p => p.A).DefaultIfEmpty(1).Max()));

    public static string Draw(PlanarCircuit circuit, IReadOnlyList<PlanarFixedPoint> points, PlaneWindow window, string title)
    {
        var (wide, high) = window;
        var ys = Enumerable.Range(0, Samples + 1).Select(i => -wide + 2 * wide * i / Samples).ToArray();
        // Near its asymptotes w·y² = 1 the nullcline of a is too steep for even steps in y: those for even steps in a are added.
        double[] steep = circuit.W > 0
            ? [.. Enumerable.Range(1, Samples).Select(i => Math.Sqrt(Math.Max(0, 1 - circuit.C / (circuit.C + (high - circuit.C) * i / Samples)) / circuit.W))]
            : [];
        double[] fine = [.. ys.Concat(steep).Concat(steep.Select(y => -y)).Where(y => Math.Abs(y) <= wide).Order()];
        List<PlotSeries> curves =
        [
            new("ẏ = 0", ys, ys.Select(circuit.YNullcline).ToArray()),
            new("ȧ = 0", fine, fine.Select(circuit.ANullcline).ToArray()),
        ];
        // What is not there keeps its place, so that all portraits have the same colours.
        double[] vertical = circuit.VerticalNullcline is { } at ? [at, at] : [];
        curves.Add(new("ẏ = 0 for every a", vertical, vertical.Length == 0 ? [] : new[] { 0, high }));
        // One series, with gaps between its branches.
        var boundary = circuit.BasinBoundaries(wide, high);
        curves.Add(new(
            "boundary of the basins", boundary.SelectMany(b => b.Y.Append(double.NaN)).ToArray(),
            boundary.SelectMany(b => b.A.Append(double.NaN)).ToArray()));
        if (CertifiedRegion(circuit) is { } region) curves.Add(region);
        var (flow, duration) = (new Flow(circuit), 40 * Math.Max(circuit.TauY, circuit.TauA));
        var paths = new List<PlotSeries>();
        foreach (var y in (double[])[-0.95, -0.5, 0, 0.5, 0.95])
            foreach (var a in (double[])[0.03, 0.4, 0.95])
                paths.Add(PhasePortrait.Path(flow, [y * wide, a * high], duration));
        PlotSeries Points(string name, bool stable)
        {
            var chosen = points.Where(p => p.IsStable == stable).ToArray();
            return new(name, chosen.Select(p => p.Y).ToArray(), chosen.Select(p => p.A).ToArray());
        }
        var others = points.Any(p => p.Type == EquilibriumType.Degenerate) ? "unstable, or not decided" : "unstable";
        return SvgPlot.Plane(
            title, "y (principal neuron)", "a (modulator neuron)", curves, paths, [Points("stable", true), Points(others, false)], (-wide, wide), (0, high),
            PhasePortrait.Arrows(flow, (-wide, wide), (0, high)));
    }

    /// <summary>The boundary of the certified basin, for wr = 1 and where there is drive (and, of the rectified circuit, a positive one): for each y V is
    /// convex in a, and least where √a·y = g.</summary>
    static PlotSeries? CertifiedRegion(PlanarCircuit circuit)
    {
        if (circuit.Wr != 1 || circuit.Z == 0 || (circuit.Rectified && circuit.Z < 0)) return null;
        // Where y has the sign of a positive drive, the rectified circuit is the other.
        var full = new PlanarCircuit(circuit.Wr, circuit.W, circuit.B, circuit.B0, circuit.Sigma, circuit.Z, circuit.TauY, circuit.TauA);
        if (CertifiedBasin.Of(full.ToCircuit()) is not { } basin) return null;
        var (g, rest) = (circuit.Drive, circuit.Drive / Math.Sqrt(circuit.C + circuit.W * circuit.Drive * circuit.Drive));
        double Value(double y, double a) => basin.Energy.Value([y], [a]);
        // Where √a·y = g, V has the least value of its y, which grows on both sides of the fixed point.
        double Edge(double inside, double outside, Func<double, double> value)
        {
            for (var k = 0; k < 80; k++)
            {
                var middle = inside + (outside - inside) / 2;
                if (value(middle) < basin.Level) inside = middle;
                else outside = middle;
            }
            return inside;
        }
        double Least(double y) => Value(y, g / y * (g / y));
        var (near, far) = (Edge(rest, 0, Least), Edge(rest, basin.LargestY[0] * 1.01 * Math.Sign(g), Least));
        const int steps = 200;
        // Closer together at the ends, where the boundary is steep.
        double[] ys = [.. Enumerable.Range(0, steps + 1).Select(k => near + (far - near) * (1 - Math.Cos(Math.PI * k / steps)) / 2)];
        double Root(double y, double outside) => Edge(g / y * (g / y), outside, a => Value(y, a));
        double Above(double y)
        {
            var outside = 2 * (g / y * (g / y));
            while (Value(y, outside) < basin.Level) outside *= 2;
            return Root(y, outside);
        }
        // At a = 0 V may still be below the level: the region ends there.
        double Below(double y) => Value(y, 0) < basin.Level ? 0 : Root(y, 0);
        return new("certified basin", (double[])[.. ys, .. ys.Reverse(), ys[0]], (double[])[.. ys.Select(Above), .. ys.Reverse().Select(Below), Above(ys[0])]);
    }

    sealed class Flow(PlanarCircuit circuit) : IOdeSystem
    {
        public int Dimension => 2;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt) => (dxdt[0], dxdt[1]) = circuit.Rate(x[0], x[1]);
    }
}
