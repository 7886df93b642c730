namespace Organics;

/// <summary>The pictures of a table, for each of its tasks: how its rows learned, and where the eigenvalues of those that are ODEs went meanwhile.</summary>
static class TableFigures
{
    const string Curves = "learning-curves", AtRest = "largest-eigenvalue", OnTheWay = "largest-eigenvalue-on-the-way";

    /// <summary>Draws what there is; a row keeps its colour in all pictures.</summary>
    /// <returns>The names of the files.</returns>
    public static IReadOnlyList<string> Write(PaperTable table, TableReport report, string folder)
    {
        Directory.CreateDirectory(folder);
        var written = new List<string>();
        foreach (var task in table.Rows.Zip(report.Rows).GroupBy(each => each.First.Task, each => each.Second))
        {
            RowReport[] rows = [.. task];
            var unit = rows.Select(row => row.RateUnit).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToArray();
            Draw(Curves, $"Learning curves, {task.Key}", "validation accuracy (%)", null,
                row => Joined(row, TrainingCurve.Accuracy, all => 100 * all.Average()));
            Draw(AtRest, $"Largest real part at rest, {task.Key}{(rows.Any(IsPoint) ? " (dots: best epoch only)" : "")}", Rate(), 0, row
                => !row.IsOde ? Nothing(row)
                : IsPoint(row) ? new(row.Row, new double[] { row.Runs[0].Results.BestEpoch }, new[] { row.MaxReLambda!.Value })
                : Joined(row, TrainingCurve.AtRest, Enumerable.Max));
            Draw(OnTheWay, $"Largest real part on the way of samples, {task.Key}", Rate(), 0,
                row => row.IsOde ? Joined(row, TrainingCurve.OnTheWay, Enumerable.Max) : Nothing(row));

            string Rate() => $"max Re λ ({string.Join(" or ", unit)})";

            void Draw(string name, string title, string y, double? limit, Func<RowReport, PlotSeries> of)
            {
                PlotSeries[] series = [.. rows.Select(of)];
                if (!series.Any(each => each.Y.Span.ContainsAnyInRange(double.MinValue, double.MaxValue))) return;
                var file = $"{name}-{task.Key.ToLowerInvariant()}.svg";
                Simulate.Save(folder, file, SvgPlot.Lines(title, "epoch", y, series, limit: limit));
                written.Add(file);
            }
        }
        return written;
    }

    // Circuits of a static layer are examined at the end only.
    static bool IsPoint(RowReport row) => row.MaxReLambda is { } known && double.IsFinite(known) && !row.Runs.Any(run => run.Curve.Has(TrainingCurve.AtRest));

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
