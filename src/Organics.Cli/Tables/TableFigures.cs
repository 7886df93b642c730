namespace Organics;

/// <summary>A picture of a table: a curve for each row over the epochs.</summary>
/// <param name="File">The name of its file.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Y">Name and unit.</param>
/// <param name="Limit">A value that is drawn across.</param>
/// <param name="Logarithmic">Whether y is.</param>
/// <param name="Series">A curve for each row, empty where nothing is known.</param>
sealed record TableFigure(string File, string Title, string Y, double? Limit, bool Logarithmic, IReadOnlyList<PlotSeries> Series);

/// <summary>The pictures of a table, for each of its tasks: how its rows learned, and where the eigenvalues of those that are ODEs went meanwhile.</summary>
static class TableFigures
{
    const string Curves = "learning-curves", AtRest = "largest-eigenvalue", OnTheWay = "largest-eigenvalue-on-the-way";

    /// <summary>Draws what there is.</summary>
    /// <returns>The names of the files.</returns>
    public static IReadOnlyList<string> Write(PaperTable table, TableReport report, string folder)
    {
        OutFolder.Make(folder);
        var figures = Of(table, report);
        foreach (var figure in figures) OutFolder.Save(folder, figure.File,
            SvgPlot.Lines(figure.Title, "epoch", figure.Y, figure.Series, logarithmic: figure.Logarithmic, limit: figure.Limit));
        return [.. figures.Select(figure => figure.File)];
    }

    /// <summary>What there is over the epochs; a row keeps its colour in all pictures.</summary>
    public static IReadOnlyList<TableFigure> Of(PaperTable table, TableReport report)
    {
        var figures = new List<TableFigure>();
        foreach (var task in table.Rows.Zip(report.Rows).GroupBy(each => each.First.Task, each => each.Second))
        {
            RowReport[] rows = [.. task];
            var unit = rows.Select(row => row.RateUnit).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToArray();
            // Near 100 % accuracies are told apart by what lacks.
            Add(Curves, $"Learning curves, {task.Key}", "validation error (%)", null,
                row => Joined(row, TrainingCurve.Accuracy, all => 100 * (1 - all.Average())), logarithmic: true);
            Add(AtRest, $"Largest real part at rest, {task.Key}", Rate(), 0,
                row => row.IsOde ? Joined(row, TrainingCurve.AtRest, Enumerable.Max) : Nothing(row));
            Add(OnTheWay, $"Largest real part on the way of samples, {task.Key}", Rate(), 0,
                row => row.IsOde ? Joined(row, TrainingCurve.OnTheWay, Enumerable.Max) : Nothing(row));

            string Rate() => $"max Re λ ({string.Join(" or ", unit)})";

            void Add(string name, string title, string y, double? limit, Func<RowReport, PlotSeries> of, bool logarithmic = false)
            {
                PlotSeries[] series = [.. rows.Select(of)];
                if (!series.Any(each => each.Y.Span.ContainsAnyInRange(double.MinValue, double.MaxValue))) return;
                figures.Add(new($"{name}-{task.Key.ToLowerInvariant()}.svg", title, y, limit, logarithmic, series));
            }
        }
        return figures;
    }

    static PlotSeries Nothing(RowReport row) => new(row.Row, default, default);

    // Of all its trainings, at the epochs that all of them have.
    static PlotSeries Joined(RowReport row, string metric, Func<IEnumerable<double>, double> of)
    {
        var curves = row.Runs.Where(run => run.Curve.Has(metric)).Select(run => run.Curve.Of(metric, row.Row)).ToArray();
        var epochs = curves.SelectMany(curve => curve.X.ToArray().Zip(curve.Y.ToArray())).GroupBy(point => point.First, point => point.Second)
            .Where(epoch => epoch.Count() == curves.Length).OrderBy(epoch => epoch.Key).ToArray();
        return new(row.Row, Array.ConvertAll(epochs, epoch => epoch.Key), Array.ConvertAll(epochs, epoch => of(epoch)));
    }
}
