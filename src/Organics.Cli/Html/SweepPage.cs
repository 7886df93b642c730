namespace Organics;

/// <summary>The page of a sweep: its pictures with their numbers, or a table alone where more than two parameters vary.</summary>
static class SweepPage
{
    // Of more rows the first ones are shown.
    const int MostRows = 500;

    /// <summary>The page.</summary>
    /// <param name="record">What was swept.</param>
    /// <param name="columns">What the columns of the table are.</param>
    /// <param name="rows">The table.</param>
    /// <param name="figures">Its pictures.</param>
    public static HtmlReport Of(SweepRecord record, IReadOnlyList<string> columns, double[][] rows, IReadOnlyList<SweepFigure> figures)
    {
        var page = new HtmlReport($"Sweep of the circuit {record.Circuit}").Section("What was measured")
            .Text($"{record.Points:N0} points, at each the stable fixed point that the search finds"
                + $"{(record.Draws == 1 ? "" : $", mean of {record.Draws} draws")}. "
                + (record.Measures.Contains(CircuitMeasure.Others)
                    ? "Where it finds none, one that is known from a neighbouring point is measured, if there is any. " : "")
                + "Where a number does not exist, as the frequency of what does not oscillate, there is a gap.")
            .Facts("Varied", record.Vary.Select(each => each.Split('=', 2)).Select(each => (SweepFigures.Label(each[0]), each[1])))
            .Facts("Measured", record.Measures.Select(name => (name, CircuitMeasure.Named(name).Meaning)));
        foreach (var sentence in SweepFigures.Missing(record, rows)) page.Text(sentence);
        if (figures.Count > 0) page.Section(figures[0] is SweepCurves ? "Curves" : "Maps");
        foreach (var figure in figures) figure.AddTo(page);
        if (figures.Count == 0)
            page.Section("Numbers").Table(
                rows.Length <= MostRows ? "All points" : $"The first {MostRows} of {rows.Length:N0} points; the table beside the page has all", columns,
                rows.Take(MostRows).Select(row => (IReadOnlyList<string>)[.. row.Select(HtmlReport.Show)]));
        return page.WhatRan();
    }
}
