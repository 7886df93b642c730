namespace Organics;

/// <summary>One measure of a sweep as a picture: curves over one parameter, or a map over two.</summary>
/// <param name="Name">The measure.</param>
/// <param name="Title">What the picture shows.</param>
abstract record SweepFigure(string Name, string Title)
{
    /// <summary>As SVG.</summary>
    public abstract string Svg();

    /// <summary>As a chart of a page.</summary>
    public abstract void AddTo(HtmlReport page);
}

/// <summary>Curves over one parameter.</summary>
sealed record SweepCurves(
    string Name, string Title, string X, string Y, IReadOnlyList<PlotSeries> Series, double? Limit, bool IsLogarithmic) : SweepFigure(Name, Title)
{
    /// <inheritdoc/>
    public override string Svg() => SvgPlot.Lines(Title, X, Y, Series, limit: Limit, logarithmicX: IsLogarithmic);

    /// <inheritdoc/>
    public override void AddTo(HtmlReport page) => page.Lines(Title, X, Y, Series, limit: Limit, logarithmicX: IsLogarithmic);
}

/// <summary>A map over two parameters, whose values ascend.</summary>
sealed record SweepMap(
    string Name, string Title, string X, string Y, string Value, double[] Across, double[] Up, double[] Values, double[] Contours, bool IsLogarithmicX,
    bool IsLogarithmicY) : SweepFigure(Name, Title)
{
    /// <inheritdoc/>
    public override string Svg() => SvgPlot.Map(Title, X, Y, Across, Up, Values, Contours, IsLogarithmicX, IsLogarithmicY, Name);

    /// <inheritdoc/>
    public override void AddTo(HtmlReport page) => page.Field(Title, X, Y, Value, Across, Up, Values, Contours, IsLogarithmicX, IsLogarithmicY);
}

/// <summary>The pictures of a sweep: curves over one parameter, maps over two.</summary>
static class SweepFigures
{
    const int MostCurves = 10;

    /// <summary>Draws one picture for each measure and returns their names.</summary>
    public static string[] Draw(string folder, IReadOnlyList<SweepFigure> figures)
    {
        foreach (var figure in figures) Simulate.Save(folder, File(figure), figure.Svg());
        return [.. figures.Select(File)];

        static string File(SweepFigure figure) => $"{figure.Name}.svg";
    }

    /// <summary>One for each measure; of more than two parameters there are none.</summary>
    /// <param name="record">What was swept.</param>
    /// <param name="rows">The table.</param>
    public static IReadOnlyList<SweepFigure> Of(SweepRecord record, double[][] rows)
    {
        SweepAxis[] axes = [.. record.Vary.Select(SweepAxis.Parse)];
        CircuitMeasure[] measures = [.. record.Measures.Select(CircuitMeasure.Named)];
        List<SweepFigure> figures = [];
        var column = axes.Length;
        foreach (var measure in measures)
        {
            var count = measure.IsPerUnit ? record.Units : 1;
            if (axes.Length is 1 or 2)
                figures.Add(axes.Length == 1 ? Curves(record, axes[0], measure, rows, column, count) : Map(record, axes, measure, rows, column, count));
            column += count;
        }
        return figures;
    }

    static SweepCurves Curves(SweepRecord record, SweepAxis axis, CircuitMeasure measure, double[][] rows, int first, int count)
    {
        var shown = Shown(record, rows, first, count);
        rows = [.. rows.OrderBy(r => r[0])];
        var x = rows.Select(r => r[0]).ToArray();
        var rest = count > shown.Length ? $", {shown.Length} of {count} units" : "";
        return new(
            measure.Name, $"{Title(record)}: {measure.Name}{rest}", Label(axis.Path), Axis(measure),
            [.. shown.Select(i => new PlotSeries(count == 1 ? measure.Name : $"{measure.Name}{i}", x, rows.Select(r => r[first + i]).ToArray()))],
            measure.Name == "max_re" ? 0 : null, IsLogarithmic(axis));
    }

    // The most active unit, and others evenly from first to last.
    static int[] Shown(SweepRecord record, double[][] rows, int first, int count)
    {
        if (count <= MostCurves) return [.. Enumerable.Range(0, count)];
        return
        [
            .. Enumerable.Range(0, MostCurves - 1).Select(k => k * (record.Units - 1) / (MostCurves - 2)).Append(MostActive(rows, first, count))
                .Distinct().Order(),
        ];
    }

    // The unit whose measure is largest somewhere.
    static int MostActive(double[][] rows, int first, int count)
        => Enumerable.Range(0, count).MaxBy(i => rows.Max(r => double.IsNaN(r[first + i]) ? double.NegativeInfinity : Math.Abs(r[first + i])));

    static SweepMap Map(SweepRecord record, SweepAxis[] axes, CircuitMeasure measure, double[][] rows, int first, int count)
    {
        var unit = MostActive(rows, first, count);
        // Axes of a picture ascend, in whatever order the values were given.
        int[] down = [.. Enumerable.Range(0, axes[0].Values.Count).OrderBy(i => axes[0].Values[i])];
        int[] across = [.. Enumerable.Range(0, axes[1].Values.Count).OrderBy(j => axes[1].Values[j])];
        var values = down.SelectMany(i => across.Select(j => rows[i * across.Length + j][first + unit])).ToArray();
        double[] contours = measure.Name switch
        {
            "max_re" => [0],
            "stable" => [0.5],
            _ => Levels(values),
        };
        return new(
            measure.Name, $"{Title(record)}: {measure.Name}{(count == 1 ? "" : $" of unit {unit}")}", Label(axes[1].Path), Label(axes[0].Path), Axis(measure),
            [.. across.Select(j => axes[1].Values[j])], [.. down.Select(i => axes[0].Values[i])], values, contours, IsLogarithmic(axes[1]),
            IsLogarithmic(axes[0]));
    }

    // Quartiles of what there is.
    static double[] Levels(double[] values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        return sorted.Length < 4 || sorted[0] == sorted[^1] ? [] : [sorted[sorted.Length / 2], sorted[sorted.Length / 4], sorted[3 * sorted.Length / 4]];
    }

    static string Title(SweepRecord record) => record.Draws == 1 ? record.Circuit : $"{record.Circuit}, mean of {record.Draws}";

    // Equal ratios of numbers below 0 have no logarithmic scale.
    static bool IsLogarithmic(SweepAxis axis) => axis.IsLogarithmic && axis.Values.All(v => v > 0);

    /// <summary>What varies, for people.</summary>
    public static string Label(string path) => path.EndsWith(".delta", StringComparison.Ordinal) ? "δ, spectral radius of Δ" : path;

    static string Axis(CircuitMeasure measure) => measure.Name switch
    {
        "max_re" => "max Re λ (1/time)",
        "frequency" or "peak_frequency" => "frequency (1/time)",
        "rate" => "rate ⌊y⌋²",
        _ => measure.Name,
    };
}
