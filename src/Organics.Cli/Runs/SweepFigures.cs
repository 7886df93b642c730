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
        foreach (var figure in figures) OutFolder.Save(folder, File(figure), figure.Svg());
        return [.. figures.Select(File)];

        static string File(SweepFigure figure) => $"{figure.Name}.svg";
    }

    /// <summary>One for each measure that has a number somewhere; of more than two parameters there are none.</summary>
    /// <param name="record">What was swept.</param>
    /// <param name="rows">The table.</param>
    public static IReadOnlyList<SweepFigure> Of(SweepRecord record, double[][] rows)
    {
        SweepAxis[] axes = [.. record.Vary.Select(SweepAxis.Parse)];
        if (axes.Length > 2) return [];
        return
        [
            .. Columns(record).Where(c => IsAnywhere(rows, c.First, c.Count)).Select(c => axes.Length == 1
                ? (SweepFigure)Curves(record, axes[0], c.Measure, rows, c.First, c.Count) : Map(record, axes, c.Measure, rows, c.First, c.Count)),
        ];
    }

    /// <summary>A sentence for each measure that has a number at no point: that it has none, and why.</summary>
    /// <param name="record">What was swept.</param>
    /// <param name="rows">The table.</param>
    public static IReadOnlyList<string> Missing(SweepRecord record, double[][] rows) =>
    [
        .. Columns(record).Where(c => !IsAnywhere(rows, c.First, c.Count)).Select(c
            => $"{c.Measure.Name}: {(rows.Length == 1 ? "the one point has none" : $"none of {rows.Length:N0} points has one")}: {WhyNone(c.Measure)}."),
    ];

    static IEnumerable<(CircuitMeasure Measure, int First, int Count)> Columns(SweepRecord record)
    {
        var first = record.Vary.Length;
        foreach (var measure in record.Measures.Select(CircuitMeasure.Named))
        {
            var count = measure.Columns(record.Units).Count;
            yield return (measure, first, count);
            first += count;
        }
    }

    static bool IsAnywhere(double[][] rows, int first, int count) => rows.Any(r => r.AsSpan(first, count).ContainsAnyExcept(double.NaN));

    // What a measure lacks where the fixed point is known; all of them lack what they are of where it is not.
    static string WhyNone(CircuitMeasure measure) => measure.Name switch
    {
        "peak_frequency" or "peak_power" => "the power falls from frequency 0, or no fixed point is stable",
        "frequency" => "no mode oscillates",
        "damping" => "no fixed point was proven to be there",
        "stable" => "the eigenvalues are too near to 0 to decide, or no fixed point was proven to be there",
        "global" => "it is proven nowhere, and only for Wr = I can it be",
        "basin" => "no basin is certified, and only for Wr = I can one be",
        _ => "no fixed point was proven to be there",
    };

    static SweepCurves Curves(SweepRecord record, SweepAxis axis, CircuitMeasure measure, double[][] rows, int first, int count)
    {
        var areAlike = count > 1 && rows.All(r => AreAlike(r.AsSpan(first, count)));
        int[] shown = areAlike ? [0] : Shown(record, rows, first, count);
        rows = [.. rows.OrderBy(r => r[0])];
        var x = rows.Select(r => r[0]).ToArray();
        var rest = areAlike ? $", all {count} units alike" : count > shown.Length ? $", {shown.Length} of {count} units" : "";
        return new(
            measure.Name, $"{Title(record)}: {measure.Name}{rest}", Label(axis.Path), Axis(measure),
            [.. shown.Select(i => new PlotSeries(count == 1 || areAlike ? measure.Name : $"{measure.Name}{i}", x, rows.Select(r => r[first + i]).ToArray()))],
            measure.Name == "max_re" ? 0 : null, IsLogarithmic(axis));
    }

    // As far as a picture can show: rounding may tell apart what is the same by symmetry.
    static bool AreAlike(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
            if (!value.Equals(values[0]) && !(Math.Abs(value - values[0]) <= 1e-9 * Math.Abs(values[0]))) return false;
        return true;
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
