using System.Globalization;
using System.Text;

namespace Organics;

/// <summary>The course of a simulation as CSV and pictures.</summary>
/// <param name="last">The circuit under its last input.</param>
/// <param name="solution">The course of (y, a).</param>
/// <param name="stimulus">What was added to z; null for nothing.</param>
/// <param name="circuit">The circuit of the file.</param>
/// <param name="every">Rows at 0, every, 2·every, …; null for those of the steps.</param>
sealed class Course(Circuit last, OdeSolution solution, Stimulus? stimulus, Circuit circuit, double? every)
{
    const int MostRows = 2000, MostCurves = 12;
    const string TimeLabel = "t (unit of the time constants)";

    readonly int _n = last.N;

    /// <summary>0, every, 2·every, … up to the end.</summary>
    public static double[] Times(double every, double end)
        => [.. Enumerable.Range(0, 1 + (int)Math.Floor(end / every * (1 + 1e-12))).Select(k => Math.Min(k * every, end))];

    public static double Distance(ReadOnlySpan<double> state, SteadyStateSolution point)
    {
        double sum = 0;
        for (var i = 0; i < point.Y.Length; i++)
            sum += Math.Pow(state[i] - point.Y[i], 2) + Math.Pow(state[point.Y.Length + i] - point.A[i], 2);
        return Math.Sqrt(sum);
    }

    /// <summary>Writes trajectory.csv and the pictures, and removes pictures that an earlier simulation left in the folder and this one has not.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="point">The fixed point of the last input; null where there is none.</param>
    /// <param name="energy">The energy of Theorem 4.5, or none.</param>
    /// <param name="basin">Whose energy of normalization is drawn, or none.</param>
    /// <param name="level">The level of the certified basin, where it says something of this course.</param>
    /// <returns>The names of the files.</returns>
    public IReadOnlyList<string> Write(string folder, SteadyStateSolution? point, CircuitEnergy? energy, CertifiedBasin? basin, double? level)
    {
        List<string> files = ["trajectory.csv", "y.svg", "a.svg"];
        if (every is { } step)
        {
            var grid = Times(step, solution.EndTime);
            Save(grid, [.. grid.Select(At)]);
        }
        var (times, states) = Rows();
        var (distance, v, normalization) = Measures(states);
        if (every is null) Save(times, states);

        var (drawn, said) = Drawn(states);
        PlotSeries[] Series(string sort, int offset)
            => [.. drawn.Select(i => new PlotSeries($"{sort}{i}", times, states.Select(s => s[offset + i]).ToArray()))];
        var strip = stimulus is null ? null : new PlotStrip("z", Inputs(times[^1], drawn));
        string Lines(string title, string label, IReadOnlyList<PlotSeries> series) => SvgPlot.Lines(title, TimeLabel, label, series, strip: strip);
        OutFolder.Save(folder, "y.svg", Lines($"Principal activity{said}", "y", Series("y", 0)));
        OutFolder.Save(folder, "a.svg", Lines($"Modulator activity{said}", "a", Series("a", _n)));
        var of = stimulus is null ? "" : ", of the last input";
        Draw("distance.svg", distance, d => SvgPlot.Lines(
            $"Distance to the normalization fixed point{of}", TimeLabel, "‖(y, a) − (y*, a*)‖", [new("distance", times, d)], logarithmic: true, strip: strip));
        Draw("energy.svg", v, e => SvgPlot.Lines($"Energy of Theorem 4.5{of}", TimeLabel, "V", [new("V", times, e)], logarithmic: true, strip: strip));
        Draw("normalization-energy.svg", normalization, e => SvgPlot.Lines(
            $"Energy of normalization{of}", TimeLabel, "V",
            [
                new("V", times, e),
                .. level is { } at ? (PlotSeries[])[new("level of the certified basin", new[] { times[0], times[^1] }, new[] { at, at })] : [],
            ], logarithmic: true, strip: strip));
        return files;

        void Save(double[] times, double[][] states)
        {
            var (distance, v, normalization) = Measures(states);
            OutFolder.Save(folder, "trajectory.csv", Csv(times, states, distance, v, normalization));
        }

        (double[]? Distance, double[]? Energy, double[]? Normalization) Measures(double[][] states)
        {
            double[] Each(Func<double[], double> of) => [.. states.Select(of)];
            return (
                point is null ? null : Each(state => Distance(state, point)),
                energy is null ? null : Each(state => energy.Value(state.AsSpan(0, _n), state.AsSpan(_n))),
                // Infinite, where a unit has not the sign of its drive: a gap.
                basin is null ? null
                    : Each(state => basin.Energy.Value(state.AsSpan(0, _n), state.AsSpan(_n)) is var value && double.IsFinite(value) ? value : double.NaN));
        }

        void Draw(string name, double[]? values, Func<double[], string> svg)
        {
            if (values is null)
            {
                File.Delete(Path.Combine(folder, name));
                return;
            }
            OutFolder.Save(folder, name, svg(values));
            files.Add(name);
        }
    }

    double[] At(double t)
    {
        var state = new double[2 * _n];
        solution.At(t, state);
        return state;
    }

    (double[] Times, double[][] States) Rows()
    {
        var count = solution.Times.Length;
        // Evenly thinned: a picture shows no more, and a table of a million rows serves nobody.
        int[] rows = [.. Enumerable.Range(0, Math.Min(count, MostRows)).Select(k => count <= MostRows ? k : (int)((long)k * (count - 1) / (MostRows - 1)))];
        return ([.. rows.Select(k => solution.Times[k])], [.. rows.Select(k => solution.State(k).ToArray())]);
    }

    string Csv(double[] times, double[][] states, double[]? distance, double[]? energy, double[]? normalization)
    {
        var csv = new StringBuilder("t");
        foreach (var sort in stimulus is null ? (string[])["y", "a"] : ["y", "a", "z"])
            for (var i = 0; i < _n; i++) csv.Append(CultureInfo.InvariantCulture, $",{sort}{i}");
        (string Name, double[]? Values)[] measures = [("distance", distance), ("energy", energy), ("normalization_energy", normalization)];
        foreach (var (name, values) in measures)
            if (values is not null) csv.Append(',').Append(name);
        csv.Append('\n');
        var z = new double[_n];
        for (var r = 0; r < times.Length; r++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{times[r]:R}");
            foreach (var x in states[r]) csv.Append(CultureInfo.InvariantCulture, $",{x:R}");
            if (stimulus is not null)
            {
                Input(times[r], z);
                foreach (var x in z) csv.Append(CultureInfo.InvariantCulture, $",{x:R}");
            }
            foreach (var (_, values) in measures)
                if (values is not null) csv.Append(',').Append(double.IsNaN(values[r]) ? "" : values[r].ToString("R", CultureInfo.InvariantCulture));
            csv.Append('\n');
        }
        return csv.ToString();
    }

    /// <summary>The neurons whose curves are drawn, and what the title says of them: of many those with the largest |y| on the way, and an even
    /// sample.</summary>
    (int[] Units, string Said) Drawn(double[][] states)
    {
        const int half = MostCurves / 2;
        if (_n <= MostCurves) return ([.. Enumerable.Range(0, _n)], "");
        int[] active =
        [
            .. Enumerable.Range(0, _n).OrderByDescending(i => states.Max(state => Math.Abs(state[i]) is var size && double.IsNaN(size) ? 0 : size)).Take(half),
        ];
        int[] others = [.. Enumerable.Range(0, _n).Except(active)];
        var even = Enumerable.Range(0, half).Select(k => others[(int)((long)k * (others.Length - 1) / (half - 1))]);
        return ([.. active.Concat(even).Order()], $": of {_n} neurons the {half} most active, and {half} evenly among the others");
    }

    void Input(double t, double[] z)
    {
        var ones = new double[_n];
        Array.Fill(ones, 1);
        circuit.Z.CopyTo(z);
        stimulus!.Add(t, ones, z);
    }

    /// <summary>z over time, both sides of every jump included: of each neuron that is drawn, or one for all where it is the same.</summary>
    PlotSeries[] Inputs(double end, int[] drawn)
    {
        // Fine enough for every wave that a picture can show.
        var even = (int)Math.Clamp(Math.Ceiling(end / stimulus!.LongestStep), 1000, 20_000);
        double[] times =
        [
            .. Enumerable.Range(0, even + 1).Select(k => end * k / even)
                .Concat(stimulus.Discontinuities.Where(t => t > 0 && t <= end).SelectMany(t => (double[])[Math.BitDecrement(t), t])).Distinct().Order(),
        ];
        var (z, values) = (new double[_n], drawn.Select(_ => new double[times.Length]).ToArray());
        for (var k = 0; k < times.Length; k++)
        {
            Input(times[k], z);
            for (var i = 0; i < drawn.Length; i++) values[i][k] = z[drawn[i]];
        }
        return values.All(each => each.AsSpan().SequenceEqual(values[0])) ? [new("z", times, values[0])]
            : [.. drawn.Select((unit, i) => new PlotSeries($"z{unit}", times, values[i]))];
    }
}
