namespace Organics;

/// <summary>The page of what was found along one parameter: the diagram, stability and periods along it, and every point where something changes.</summary>
static class BifurcatePage
{
    // Of more units the most active are in a table.
    const int MostUnits = 4;

    /// <summary>The page.</summary>
    /// <param name="survey">What was found.</param>
    /// <param name="r">What is said of it.</param>
    /// <param name="name">The circuit.</param>
    public static HtmlReport Of(BifurcationSurvey survey, BifurcateReport r, string name)
    {
        var page = new HtmlReport($"Bifurcations of the circuit {name} along {r.Parameter}").Section("Fixed points and cycles");
        page.Text($"From {r.Parameter} = {Show(r.From)} to {Show(r.To)}; y{r.Unit} is drawn. What is stable is solid, all else dashed; of a cycle the greatest "
            + "and the least value are drawn.");
        foreach (var note in r.Notes) page.Text(note);
        if (r.Branches.Length == 0) return page.Text("No fixed point was found at either end of the range.").WhatRan();

        var (curves, points) = BifurcationDiagram.Series(r.Unit, survey.Branches, survey.Orbits);
        page.Curves("Bifurcation diagram", r.Parameter, $"y{r.Unit}", curves, points)
            .Table("Branches of fixed points", ["branch", "points", "from", "to", "stability", "its end"], r.Branches.Select((b, k) => (string[])
                [$"{k}", $"{b.Points}", Show(b.From), Show(b.To), Stability(b.AllStable, b.NoneStable), Bifurcate.End(b.End)]));
        var changes = r.Branches.SelectMany((branch, k) => branch.Bifurcations.Select(b => (string[])
            [Words(b.Type), $"{k}", Show(b.Parameter), Units(b.Y, b), Units(b.A, b), Show(b.Frequency ?? double.NaN), Detail(b)])).ToArray();
        if (changes.Length > 0) page.Table("Where fixed points change", ["what", "branch", r.Parameter, "y", "a", "frequency (1/time)", "in detail"], changes);
        if (r.Orbits.Length > 0)
            page.Table("Branches of cycles", ["branch", "cycles", "from", "to", "shortest period", "longest period", "stability", "its end"],
                r.Orbits.Select((b, k) => (string[])
                [
                    $"{k}", $"{b.Points}", Show(b.From), Show(b.To), Show(b.Periods[0]), Show(b.Periods[1]), Stability(b.AllStable, b.NoneStable),
                    Bifurcate.End(b.End),
                ]));
        changes = [.. r.Orbits.SelectMany((branch, k) => branch.Bifurcations.Select(b => (string[])
            [Words(b.Type), $"{k}", Show(b.Parameter), Show(b.Period)]))];
        if (changes.Length > 0) page.Table("Where cycles change", ["what", "branch", r.Parameter, "period (time)"], changes);

        page.Section("Along the branches").Curves("Largest real part of an eigenvalue", r.Parameter, "max Re λ (1/time)",
            [
                .. survey.Branches.Select((b, k) => Along($"branch {k}", b.Points, p => p.Parameter, p => p.Point.MaxRealPart)),
                new("where stability ends", new[] { r.From, r.To }, new double[2]) { IsDashed = true },
            ]);
        OrbitBranch[] orbits = [.. survey.Orbits.Where(o => o.Points.Count > 0)];
        if (orbits.Length > 0)
            page.Curves("Periods of the cycles", r.Parameter, "period (time)",
                [.. orbits.Select((b, k) => Along($"cycles {k}", b.Points, p => p.Parameter, p => p.Orbit.Period))]);
        return page.WhatRan();
    }

    static PlotSeries Along<T>(string name, IReadOnlyList<T> points, Func<T, double> x, Func<T, double> y)
        => new(name, points.Select(x).ToArray(), points.Select(y).ToArray());

    static string Words(string type) => type == "Hopf" ? "Hopf point" : HtmlReport.Words(type);

    static string Detail(BifurcationReport b) => b.Type switch
    {
        "Hopf" => Bifurcate.Criticality(b),
        "BranchPoint" => $"{b.Crossing}",
        _ => "–",
    };

    static string Stability(bool all, bool none) => all ? "stable" : none ? "not stable" : "stable in part";

    static string Show(double value) => HtmlReport.Show(value);

    // Of many units the most active, by number, and how many others there are; the same ones in y and a.
    static string Units(double[] values, BifurcationReport at)
    {
        if (values.Length <= MostUnits) return string.Join(", ", values.Select(Show));
        var shown = Enumerable.Range(0, values.Length).OrderByDescending(i => Math.Abs(at.Y[i])).Take(MostUnits).Order();
        return $"{string.Join(", ", shown.Select(i => $"{i}: {Show(values[i])}"))}, and {values.Length - MostUnits} more";
    }
}
