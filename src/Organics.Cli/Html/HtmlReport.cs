using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Organics;

/// <summary>
/// A page in one file that needs no network: sections of text, tables and charts. Whoever adds to it gives data only; how they look, zoom, print and are read
/// aloud is the page's. Every chart has a table beside it with its numbers. Whatever text it is given may come from anywhere.
/// </summary>
/// <param name="title">What the page is about.</param>
sealed class HtmlReport(string title)
{
    // A table beside a chart that has more points shows as many of them.
    const int MostRows = 200;

    // Wider matrices are pictures only, and larger ones would make a page of megabytes.
    const int WidestTable = 30, MostCells = 250_000;

    readonly StringBuilder _body = new();
    readonly ArrayBufferWriter<byte> _charts = new();
    int _count;
    bool _inSection;

    /// <summary>Begins a section.</summary>
    public HtmlReport Section(string heading)
    {
        Close();
        _inSection = true;
        _body.Append(CultureInfo.InvariantCulture, $"<section>\n<h2>{Escape(heading)}</h2>\n");
        return this;
    }

    /// <summary>A paragraph.</summary>
    public HtmlReport Text(string paragraph) => Raw($"<p>{Escape(paragraph)}</p>\n");

    /// <summary>Lines as a terminal shows them, such as a command.</summary>
    public HtmlReport Code(string lines) => Raw($"<pre><code>{Escape(lines)}</code></pre>\n");

    /// <summary>How far something is that goes on.</summary>
    /// <param name="fraction">0 … 1.</param>
    /// <param name="text">In words.</param>
    public HtmlReport Progress(double fraction, string text)
        => Raw($"<p id=\"state\" role=\"status\">{Escape(text)}</p>\n"
            + $"<progress id=\"progress\" max=\"1\" value=\"{Plain(fraction)}\" aria-label=\"Progress\"></progress>\n");

    /// <summary>Names and what they stand for.</summary>
    public HtmlReport Facts(string caption, IEnumerable<(string Name, string Value)> facts)
    {
        var rows = string.Concat(facts.Select(f => $"<tr><th scope=\"row\">{Escape(f.Name)}</th><td>{Escape(f.Value)}</td></tr>\n"));
        return Raw($"<table class=\"facts\">\n<caption>{Escape(caption)}</caption>\n<tbody>\n{rows}</tbody>\n</table>\n");
    }

    /// <summary>A table, the first column of which names its rows.</summary>
    public HtmlReport Table(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
        => Raw(Scrolled(caption, TableOf(caption, columns, rows)));

    /// <summary>A confusion matrix: one row for each true class.</summary>
    public HtmlReport Confusion(int[][] counts)
    {
        var classes = Enumerable.Range(0, counts.Length).ToArray();
        var head = string.Concat(classes.Select(j => $"<th scope=\"col\">{j}</th>"));
        var rows = string.Concat(classes.Select(i =>
        {
            var total = counts[i].Sum();
            string Share(int j) => Plain(total == 0 ? 0 : Math.Round((double)counts[i][j] / total, 3));
            var cells = string.Concat(classes.Select(j => $"<td{(i == j ? " class=\"right\"" : "")} style=\"--share:{Share(j)}\">{counts[i][j]}</td>"));
            return $"<tr><th scope=\"row\">{i}</th>{cells}<td style=\"--share:0\">{(total == 0 ? "–" : $"{SafeSide.Percent((double)counts[i][i] / total, 1):F1} %")}</td></tr>\n";
        }));
        return Raw(Scrolled("Confusion matrix", "<table class=\"counts\">\n<caption>Confusion matrix: true class (row) by class given (column)</caption>\n"
            + $"<thead><tr><th scope=\"col\">true</th>{head}<th scope=\"col\">right</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"));
    }

    /// <summary>Small grey pictures in a row, each with a few words.</summary>
    /// <param name="caption">What they have in common.</param>
    /// <param name="images">Pixels from 0 to 1, row by row, and what they show.</param>
    /// <param name="rows">Of each.</param>
    /// <param name="columns">Of each.</param>
    public HtmlReport Images(string caption, IEnumerable<(double[] Pixels, string Text)> images, int rows, int columns)
    {
        string Picture(double[] pixels) => $"data:image/png;base64,{Convert.ToBase64String(GreyPng.Encode(pixels, rows, columns))}";
        var items = string.Concat(images.Select(i =>
            $"<li><img alt=\"{Escape(caption)}: {Escape(i.Text)}\" src=\"{Picture(i.Pixels)}\"/>{Escape(i.Text)}</li>\n"));
        return Raw($"<h3>{Escape(caption)}</h3>\n<ul class=\"images\">\n{items}</ul>\n");
    }

    /// <summary>Curves over a common axis, as <see cref="SvgPlot.Lines"/> takes them.</summary>
    /// <param name="heading">What the chart shows.</param>
    /// <param name="x">Name and unit.</param>
    /// <param name="y">Name and unit.</param>
    /// <param name="series">The curves, x ascending; one without points is not named, but keeps its colour from the others.</param>
    /// <param name="logarithmic">Whether y is drawn on a logarithmic scale.</param>
    /// <param name="limit">A value of y that is drawn across.</param>
    /// <param name="small">Whether two of a kind stand side by side.</param>
    /// <param name="logarithmicX">Whether x is drawn on a logarithmic scale; it is positive then.</param>
    public HtmlReport Lines(
        string heading, string x, string y, IReadOnlyList<PlotSeries> series, bool logarithmic = false, double? limit = null, bool small = false,
        bool logarithmicX = false)
        => Chart(heading, $"{y} over {x}: {Names(series)}", small, CurveTable(heading, x, [.. series.Where(s => !s.X.IsEmpty)]), json =>
        {
            Begin(json, "lines", x, y);
            json.WriteBoolean("logarithmic", logarithmic);
            json.WriteBoolean("logarithmicX", logarithmicX);
            json.WritePropertyName("limit");
            Number(json, limit ?? double.NaN);
            json.WriteStartArray("series");
            Series(json, series, "line");
            json.WriteEndArray();
        });

    /// <summary>Points, such as eigenvalues as (Re, Im).</summary>
    public HtmlReport Scatter(string heading, string x, string y, IReadOnlyList<PlotSeries> series) => Plane(heading, x, y, [(series, "dot")]);

    /// <summary>Curves through a plane that may turn back, such as branches of fixed points.</summary>
    /// <param name="heading">What the chart shows.</param>
    /// <param name="x">Name and unit.</param>
    /// <param name="y">Name and unit.</param>
    /// <param name="curves">A NaN is a gap.</param>
    /// <param name="points">Drawn on top, as <see cref="SvgPlot.Plane"/> does: filled for the first series, open for the others; one without points is not
    /// named.</param>
    public HtmlReport Curves(string heading, string x, string y, IReadOnlyList<PlotSeries> curves, IReadOnlyList<PlotSeries>? points = null)
        => Plane(heading, x, y, [(curves, "line"), (Rings(points?.Take(1)), "filled"), (Rings(points?.Skip(1)), "open")]);

    static IReadOnlyList<PlotSeries> Rings(IEnumerable<PlotSeries>? points) => [.. (points ?? []).Where(s => !s.X.IsEmpty)];

    /// <summary>Eigenvalues in the complex plane, the half where a linear system is stable shaded.</summary>
    public HtmlReport ComplexPlane(string heading, IReadOnlyList<PlotSeries> series, string unit)
        => Plane(heading, $"Re λ ({unit})", $"Im λ ({unit})", [(series, "dot")], stable: true);

    /// <summary>A matrix in colours, row 0 on top.</summary>
    public HtmlReport Map(string heading, string rowLabel, string columnLabel, ReadOnlySpan<double> values, int rows, int columns)
    {
        if ((long)rows * columns > MostCells) return Text($"{heading}: {rows} × {columns} numbers, too many to be drawn here.");
        var all = values.ToArray();
        var table = rows > WidestTable || columns > WidestTable
            ? $"<p>{rows} × {columns} numbers from {Show(all.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min())} to "
                + $"{Show(all.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max())}, too many for a table.</p>\n"
            : TableOf(heading, [rowLabel, .. Enumerable.Range(0, columns).Select(j => $"{j}")],
                Enumerable.Range(0, rows).Select(i => (IReadOnlyList<string>)[$"{i}", .. all[(i * columns)..((i + 1) * columns)].Select(Show)]));
        return Chart(heading, $"{rowLabel} by {columnLabel}, {rows} × {columns} cells", false, table, json =>
        {
            Begin(json, "map", columnLabel, rowLabel);
            json.WriteNumber("rows", rows);
            json.WriteNumber("columns", columns);
            Colours(json, all);
        });
    }

    /// <summary>A quantity over two parameters in colours, as <see cref="SvgPlot.Map"/> takes it, with lines where it has given values.</summary>
    /// <param name="heading">What the chart shows.</param>
    /// <param name="x">Name and unit.</param>
    /// <param name="y">Name and unit.</param>
    /// <param name="value">What the colours mean.</param>
    /// <param name="xs">The values of x, ascending; positive where logarithmic.</param>
    /// <param name="ys">The values of y, likewise.</param>
    /// <param name="values">A number for each y and x: y is the row.</param>
    /// <param name="contours">Values at which a line is drawn; the first is drawn strongly.</param>
    /// <param name="logarithmicX">Whether x is drawn on a logarithmic scale.</param>
    /// <param name="logarithmicY">Whether y is.</param>
    public HtmlReport Field(
        string heading, string x, string y, string value, double[] xs, double[] ys, double[] values, double[] contours, bool logarithmicX = false,
        bool logarithmicY = false)
    {
        if (values.Length > MostCells) return Text($"{heading}: {ys.Length} × {xs.Length} numbers, too many to be drawn here.");
        int[] across = Evenly(xs.Length, WidestTable), down = Evenly(ys.Length, WidestTable);
        var caption = across.Length < xs.Length || down.Length < ys.Length
            ? $"{heading} (every so many of {ys.Length} × {xs.Length} numbers)" : heading;
        var table = TableOf($"{caption}: rows are {y}, columns {x}", [$"{y} \\ {x}", .. across.Select(j => Show(xs[j]))],
            down.Select(i => (IReadOnlyList<string>)[Show(ys[i]), .. across.Select(j => Show(values[i * xs.Length + j]))]));
        return Chart(heading, $"{value} by {x} and {y}, {ys.Length} × {xs.Length} cells", false, table, json =>
        {
            Begin(json, "field", x, y);
            json.WriteString("value", value);
            json.WriteBoolean("logarithmicX", logarithmicX);
            json.WriteBoolean("logarithmicY", logarithmicY);
            Numbers(json, "xs", xs);
            Numbers(json, "ys", ys);
            Numbers(json, "xEdges", SvgPlot.CellEdges(xs, logarithmicX));
            Numbers(json, "yEdges", SvgPlot.CellEdges(ys, logarithmicY));
            Colours(json, values);
            json.WriteStartArray("series");
            foreach (var level in contours)
                Series(json, [SvgPlot.Contour($"{value} = {Show(level)}", xs, ys, values, level, logarithmicX, logarithmicY)], "line");
            json.WriteEndArray();
        });
    }

    /// <summary>A figure of <see cref="SvgPlot"/> as it is.</summary>
    /// <param name="heading">What it shows.</param>
    /// <param name="svg">The figure. It is shown as a picture: nothing in it can act on the page.</param>
    public HtmlReport Picture(string heading, string svg)
        => Raw($"<h3>{Escape(heading)}</h3>\n<img class=\"picture\" alt=\"{Escape(heading)}\" "
            + $"src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\"/>\n");

    /// <summary>A section with the command that runs now, the version and the machine.</summary>
    public HtmlReport WhatRan()
    {
        var (now, versions) = (OriginRecord.Now, VersionRecord.Current);
        return Section("What ran").Code(now.Command!).Facts("Machine",
            [("organics", versions.Organics), ("runtime", versions.Runtime), ("system", versions.System), ("processor", now.Processor), ("date", now.Date)]);
    }

    /// <summary>The phase portrait of one neuron pair, with sliders for its parameters.</summary>
    public HtmlReport Portrait(string heading, PlanarCircuit pair)
    {
        const double decades = 100, least = 4;
        return Chart(heading, "nullclines, trajectories and fixed points of one neuron pair; the table beside it follows the sliders", false, null, json =>
        {
            Begin(json, "portrait", "y", "a");
            json.WriteStartObject("pair");
            foreach (var (name, value) in (ReadOnlySpan<(string, double)>)
                [
                    ("wr", pair.Wr), ("w", pair.W), ("b", pair.B), ("b0", pair.B0), ("sigma", pair.Sigma), ("z", pair.Z), ("tauY", pair.TauY),
                    ("tauA", pair.TauA),
                ])
                json.WriteNumber(name, value);
            json.WriteBoolean("rectified", pair.Rectified);
            json.WriteEndObject();
            json.WriteStartArray("sliders");
            foreach (var (name, label, value) in (ReadOnlySpan<(string, string, double)>)
                [("sigma", "σ", pair.Sigma), ("b0", "b0", pair.B0), ("tauY", "τ_y", pair.TauY), ("tauA", "τ_a", pair.TauA)])
                Slider(name, label, value / decades, value * decades, true);
            foreach (var (name, label, value) in (ReadOnlySpan<(string, string, double)>)[("wr", "wr", pair.Wr), ("z", "z", pair.Z)])
                Slider(name, label, -Math.Max(least, 2 * Math.Abs(value)), Math.Max(least, 2 * Math.Abs(value)), false);
            json.WriteEndArray();

            void Slider(string name, string label, double min, double max, bool logarithmic)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("label", label);
                json.WriteNumber("min", min);
                json.WriteNumber("max", max);
                json.WriteBoolean("logarithmic", logarithmic);
                json.WriteEndObject();
            }
        });
    }

    /// <summary>What the page shows, well-formed as XML is.</summary>
    public string Body
    {
        get
        {
            Close();
            return $"<h1>{Escape(title)}</h1>\n{_body}";
        }
    }

    /// <summary>The charts' data as JSON, without a character that could end a script.</summary>
    public string Data => $"{{\"charts\":[{Encoding.UTF8.GetString(_charts.WrittenSpan)}]}}";

    /// <summary>Body and data as JSON on one line, for a page that is open already.</summary>
    public string State => $"{{\"body\":\"{JsonEncodedText.Encode(Body)}\",{Data[1..]}";

    /// <summary>The page.</summary>
    /// <param name="live">Whether it asks where it comes from for what is new.</param>
    public string Page(bool live = false)
    {
        var script = live ? Resource("live.js") : "";
        var policy = $"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src {(live ? "'self'" : "'none'")}";
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="referrer" content="no-referrer"/>
            <meta http-equiv="Content-Security-Policy" content="{policy}"/>
            <title>{Escape(title)}</title>
            <link rel="icon" href="data:,"/>
            <style>
            {Resource("uPlot.min.css")}
            {Resource("page.css")}
            </style>
            </head>
            <body>
            <main>
            {Body}</main>
            <footer>
            <p>Made by organics {Escape(VersionRecord.Current.Organics)}. The charts are drawn by uPlot, whose licence stands in this page's source.</p>
            </footer>
            <script type="application/json" id="data">{Data}</script>
            <script>
            /*
            {Resource("uPlot.LICENSE")}
            */
            {Resource("uPlot.iife.min.js")}
            </script>
            <script>
            {Resource("planar.js")}
            </script>
            <script>
            {Resource("page.js")}
            {script}
            </script>
            </body>
            </html>

            """;
    }

    /// <summary>Writes the page, all or nothing.</summary>
    /// <exception cref="Failure">The file cannot be written.</exception>
    public void Write(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Page())));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"The page '{path}' cannot be written: {error.Message.TrimEnd('.')}; name another file.");
        }
    }

    /// <summary>A file that the tool holds for its pages.</summary>
    public static string Resource(string name)
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream($"html/{name}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().TrimEnd();
    }

    /// <summary>A number for people.</summary>
    public static string Show(double value) => double.IsFinite(value) ? value.ToString("G6", CultureInfo.InvariantCulture).Replace('-', '−') : "–";

    /// <summary>The name of a case, such as StableFocus, in words.</summary>
    public static string Words(string name)
        => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    HtmlReport Plane(string heading, string x, string y, (IReadOnlyList<PlotSeries> Series, string Mark)[] kinds, bool stable = false)
    {
        PlotSeries[] all = [.. kinds.SelectMany(kind => kind.Series)];
        return Chart(heading, $"{y} by {x}: {Names(all)}", false, PointTable(heading, x, y, all, rightmost: stable), json =>
        {
            Begin(json, "plane", x, y);
            json.WriteBoolean("stable", stable);
            json.WriteStartArray("series");
            foreach (var (series, mark) in kinds) Series(json, series, mark);
            json.WriteEndArray();
        });
    }

    HtmlReport Chart(string heading, string what, bool small, string? table, Action<Utf8JsonWriter> data)
    {
        if (_count > 0) _charts.Write(","u8);
        using (var json = new Utf8JsonWriter(_charts))
        {
            json.WriteStartObject();
            json.WriteString("label", $"{heading}. {what}.{(table is null ? "" : " The table after it has its numbers.")}");
            data(json);
            json.WriteEndObject();
        }
        var name = Escape(heading);
        var numbers = table is null ? "" : $"<details data-of=\"{name}\"><summary>Numbers: {name}</summary>\n{Scrolled(heading, table)}</details>\n";
        return Raw($"<figure{(small ? " class=\"small\"" : "")}>\n<figcaption><h3>{name}</h3></figcaption>\n"
            + $"<div class=\"plot\" data-chart=\"{_count++}\" role=\"group\" aria-label=\"Chart: {name}\" tabindex=\"0\"></div>\n{numbers}</figure>\n");
    }

    // What is too large is scrolled, by keys as well.
    static string Scrolled(string name, string table)
        => $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Escape(name)}\">\n{table}</div>\n";

    static string Names(IReadOnlyList<PlotSeries> series) => string.Join(", ", series.Where(s => !s.X.IsEmpty).Select(s => s.Name));

    // All of so many, or as many as fit, evenly, with both ends.
    static int[] Evenly(int count, int most)
        => count <= most ? [.. Enumerable.Range(0, count)] : [.. Enumerable.Range(0, most).Select(i => (int)((long)i * (count - 1) / (most - 1)))];

    // One row for each x that any curve has; of too many, as many as fit, evenly.
    static string CurveTable(string heading, string x, IReadOnlyList<PlotSeries> series)
    {
        var values = series.Select(s => Enumerable.Range(0, s.X.Length).Where(i => double.IsFinite(s.X.Span[i])).DistinctBy(i => s.X.Span[i])
            .ToDictionary(i => s.X.Span[i], i => s.Y.Span[i])).ToArray();
        double[] xs = [.. values.SelectMany(v => v.Keys).Distinct().Order()];
        double[] shown = [.. Evenly(xs.Length, MostRows).Select(i => xs[i])];
        return TableOf(xs.Length <= MostRows ? heading : $"{heading} ({MostRows} of {xs.Length} points)", [x, .. series.Select(s => s.Name)],
            shown.Select(at => (IReadOnlyList<string>)[Show(at), .. values.Select(v => Show(v.GetValueOrDefault(at, double.NaN)))]));
    }

    static string PointTable(string heading, string x, string y, IReadOnlyList<PlotSeries> series, bool rightmost)
    {
        var points = series.SelectMany(s => Enumerable.Range(0, s.X.Length).Select(i => (s.Name, X: s.X.Span[i], Y: s.Y.Span[i])))
            .Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y)).ToArray();
        if (rightmost) points = [.. points.OrderByDescending(p => p.X)];
        var caption = points.Length <= MostRows ? heading : $"{heading} (the {(rightmost ? "rightmost" : "first")} {MostRows} of {points.Length} points)";
        return TableOf(caption, ["of", x, y], points.Take(MostRows).Select(p => (IReadOnlyList<string>)[p.Name, Show(p.X), Show(p.Y)]));
    }

    static string TableOf(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] all = [.. rows];
        // Words are set to the left, and to the right what has a number among them.
        string[] sorts = [.. columns.Select((_, j) => all.Any(row => row[j].Any(char.IsLetter)) && !all.Any(row => IsNumber(row[j])) ? " class=\"word\"" : "")];
        var table = new StringBuilder($"<table>\n<caption>{Escape(caption)}</caption>\n<thead><tr>");
        foreach (var (column, sort) in columns.Zip(sorts)) table.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"{sort}>{Escape(column)}</th>");
        table.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in all)
        {
            table.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Escape(row[0])}</th>");
            foreach (var (cell, sort) in row.Zip(sorts).Skip(1)) table.Append(CultureInfo.InvariantCulture, $"<td{sort}>{Escape(cell)}</td>");
            table.Append("</tr>\n");
        }
        return table.Append("</tbody>\n</table>\n").ToString();

        static bool IsNumber(string cell) => double.TryParse(cell.Replace('−', '-').TrimEnd('%', '*'), CultureInfo.InvariantCulture, out _);
    }

    static void Begin(Utf8JsonWriter json, string kind, string x, string y)
    {
        json.WriteString("kind", kind);
        json.WriteString("x", x);
        json.WriteString("y", y);
    }

    // A mark is what its points are drawn as: a line, dots, or rings that are filled or open.
    static void Series(Utf8JsonWriter json, IReadOnlyList<PlotSeries> series, string mark)
    {
        foreach (var each in series)
        {
            json.WriteStartObject();
            json.WriteString("name", each.Name);
            json.WriteBoolean("dashed", each.IsDashed);
            json.WriteString("mark", mark);
            Numbers(json, "x", each.X.Span);
            Numbers(json, "y", each.Y.Span);
            json.WriteEndObject();
        }
    }

    static void Colours(Utf8JsonWriter json, double[] values)
    {
        // As many digits as a colour tells.
        Numbers(json, "values", Array.ConvertAll(values, v => double.Parse(v.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)));
        json.WriteStartArray("palette");
        for (var level = 0; level < SequentialPalette.Levels; level += 4) json.WriteStringValue(SequentialPalette.Colour(level));
        json.WriteEndArray();
    }

    static void Numbers(Utf8JsonWriter json, string name, ReadOnlySpan<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) Number(json, value);
        json.WriteEndArray();
    }

    // JSON has no word for the others, and a chart has no place for them.
    static void Number(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteNullValue();
    }

    static string Plain(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    static string Escape(string text) => WebUtility.HtmlEncode(Printable.Of(text));

    HtmlReport Raw(string html)
    {
        _body.Append(html);
        return this;
    }

    void Close()
    {
        if (_inSection) _body.Append("</section>\n");
        _inSection = false;
    }
}
